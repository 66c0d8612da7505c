"""Add pauses."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "pauses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("paused_at", _TIME, nullable=False),
        sa.Column("paused_by", sa.String, nullable=False),
        sa.Column("resumed_at", _TIME),
        sa.Column("resumed_by", sa.String),
    )
