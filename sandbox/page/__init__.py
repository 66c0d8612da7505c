"""The demo's page: a Slack workspace, and beside it WHMCS, the traffic and the faults."""
