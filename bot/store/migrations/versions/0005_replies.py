"""Add replies."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "replies",
        sa.Column("reference", sa.String, primary_key=True),
        sa.Column("phase", sa.String, nullable=False),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("lease_until", _TIME, nullable=False),
        sa.Column("content", sa.String),
        sa.Column("after_id", sa.Integer, nullable=False),
        sa.Column("settles_at", _TIME),
        sa.Column("sent_at", _TIME),
    )
