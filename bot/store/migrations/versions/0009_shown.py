"""Add digests of what was shown before a reset was confirmed or approved."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The server default lets an older version insert rows beside a newer one.
    op.add_column("resets", sa.Column("shown", sa.String, nullable=False, server_default=""))
