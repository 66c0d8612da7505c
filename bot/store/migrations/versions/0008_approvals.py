"""Add approvals by a second agent."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The server default lets an older version insert rows beside a newer one.
    op.add_column("resets", sa.Column("approved_by", sa.String, nullable=False, server_default=""))
