"""Add Home tabs and refused visits to them, and the user name of resets."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    # The server default lets an older version insert rows beside a newer one.
    op.add_column("resets", sa.Column("user_name", sa.String, nullable=False, server_default=""))
    op.create_index("resets_agent", "resets", ["agent_id", "started_at"])
    op.create_table(
        "homes",
        sa.Column("agent_id", sa.String, primary_key=True),
        sa.Column("opened_at", _TIME, nullable=False),
    )
    op.create_table(
        "home_denials",
        sa.Column("person_id", sa.String, primary_key=True),
        sa.Column("denied_at", _TIME, nullable=False),
    )
