"""Create the first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("step", sa.String, nullable=False),
        sa.Column("client_id", sa.Integer),
        sa.Column("user_id", sa.Integer),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("ticket", sa.String, nullable=False),
        sa.Column("proof", sa.String, nullable=False),
        sa.Column("verification", sa.String, nullable=False),
    )
    op.create_index("audit_reference", "audit", ["reference"])
    op.create_index("audit_at", "audit", ["at"])
    op.create_table(
        "resets",
        sa.Column("reference", sa.String, primary_key=True),
        sa.Column("agent_id", sa.String, nullable=False),
        sa.Column("agent_locale", sa.String, nullable=False),
        sa.Column("client_id", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("ticket", sa.String, nullable=False),
        sa.Column("phase", sa.String, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("user_email", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("outcome", sa.String),
        sa.Column("reason", sa.String),
    )
    op.create_table(
        "jobs",
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("reference", sa.String, primary_key=True),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("lease_until", _TIME),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("agent_id", sa.String, nullable=False),
        sa.Column("agent_locale", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("ts", sa.String, nullable=False),
    )
    op.create_index("jobs_due", "jobs", ["due_at"])
    op.create_table(
        "agent_hours",
        sa.Column("agent_id", sa.String, primary_key=True),
        sa.Column("began_at", _TIME, nullable=False),
        sa.Column("resets", sa.Integer, nullable=False),
    )
    op.create_table(
        "user_holds",
        sa.Column("user_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("agent_id", sa.String, nullable=False),
        sa.Column("held_until", _TIME),
    )
