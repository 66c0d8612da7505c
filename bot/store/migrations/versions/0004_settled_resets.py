"""When WHMCS was asked, and what became of a reset after its outcome."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("resets", sa.Column("called_at", sa.DateTime(timezone=True)))
    op.add_column("resets", sa.Column("settled", sa.String))
