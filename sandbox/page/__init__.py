"""The demo's page: a workspace as an agent knows it, with WHMCS, the traffic and the faults beside it."""
