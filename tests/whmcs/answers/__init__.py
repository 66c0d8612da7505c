"""Documented and observed answers of WHMCS and of the proxies before it.

Nothing here was recorded by this project: no WHMCS was at hand. Each answer names where it is from: *reference* is
developers.whmcs.com/api-reference (its samples' shape and texts; the people in it are made up), the others are public
repositories or threads whose tests, code or reports show it.
"""
