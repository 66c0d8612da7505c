"""Add the time of the call to WHMCS, and the settled state, to resets."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("resets", sa.Column("called_at", sa.DateTime(timezone=True)))
    op.add_column("resets", sa.Column("settled", sa.String))
