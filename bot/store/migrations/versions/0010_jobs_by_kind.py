"""Index jobs by kind and due time, so that finding due ones does not depend on how many are pending."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("jobs_by_kind", "jobs", ["kind", "due_at"])
    op.drop_index("jobs_due", "jobs")
