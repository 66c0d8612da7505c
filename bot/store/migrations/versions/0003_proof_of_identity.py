"""Add proof of identity to resets."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The server default lets an older version insert rows beside a newer one.
    op.add_column("resets", sa.Column("proof", sa.String, nullable=False, server_default=""))
    op.add_column("resets", sa.Column("verification", sa.String, nullable=False, server_default=""))
