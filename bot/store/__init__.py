"""The database: the only place with SQL. Every method is one transaction, committed when it returns."""
