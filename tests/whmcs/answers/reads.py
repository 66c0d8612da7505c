"""Good answers of the actions that are read, in the shapes of the reference and of other clients' tests."""

ANGELICA = {
    "id": 2,
    "firstname": "Angélica",
    "lastname": "Ejemplo",
    "companyname": "",
    "email": "angelica@example.com",
    "datecreated": "2016-01-15",
    "groupid": 0,
    "status": "Active",
}
BEA = ANGELICA | {"id": 1, "firstname": "Bea", "email": "bea@example.com", "datecreated": "0000-00-00"}

# Reference, GetClients: ints, a list under a singular name, not in the order of ids.
CLIENTS = {
    "result": "success",
    "totalresults": 2,
    "startnumber": 0,
    "numreturned": 2,
    "clients": {"client": [ANGELICA, BEA]},
}

# WHMCS/developer-docs issue #137: nobody was found, and the list is not there.
NO_CLIENTS = {"result": "success", "totalresults": "0", "startnumber": 0, "numreturned": 0}

# truehostcloud/whmcs-python-client: the same as an empty text.
NO_CLIENTS_AS_TEXT = NO_CLIENTS | {"clients": ""}

# yashodhank/whmcs-mcp-server: numeric keys, and ids as text.
CLIENTS_NUMBERED = CLIENTS | {"clients": {"client": {"0": ANGELICA | {"id": "2"}, "1": BEA | {"id": "1"}}}}

# An older reference, GetClients: the sample's keys are flattened. No client was seen that answers so; it is no list.
CLIENTS_FLATTENED = {
    "result": "success",
    "totalresults": "1",
    "startnumber": "0",
    "numreturned": "1",
    "clients[client][0][id]": "1",
    "clients[client][0][firstname]": "Bea",
}

# Reference, GetUsers (8.1 and later): a flat list, `isOwner`.
USERS = {
    "result": "success",
    "totalresults": 1,
    "startnumber": 0,
    "numreturned": 1,
    "users": [
        {
            "id": 1,
            "firstname": "Juan",
            "lastname": "Ejemplo",
            "email": "juan@example.com",
            "datecreated": "2020-12-15 15:29:49",
            "validationdata": "",
            "clients": [{"id": 1, "isOwner": True}],
        }
    ],
}

# Reference, GetClientsDetails (8.0 and later): a nested list, `is_owner`, three names for the id, HTML in lastlogin, and
# the deprecated copy of everything at the top, here with what a stale copy may hold.
DETAILS = {
    "result": "success",
    "userid": 1,
    "email": "an-old-copy@example.com",
    "users": {"user": [{"id": 999, "name": "Nobody", "email": "nobody@example.com", "is_owner": True}]},
    "client": {
        "client_id": 1,
        "owner_user_id": 7,
        "userid": 1,
        "id": 1,
        "firstname": "Bea",
        "lastname": "Ejemplo",
        "fullname": "Bea Ejemplo",
        "companyname": "",
        "email": "bea@example.com",
        "email_preferences": {"general": "1", "invoice": "1"},
        "groupid": 0,
        "status": "Active",
        "credit": "0.00",
        "email_verified": True,
        "language": "",
        "lastlogin": "Date: 03/10/2016 10:26<br>IP Address:<br>Host:",
        "customfields": [{"id": 1, "value": "Custom Field Value"}],
        "customfields1": "Custom Field Value",
        "users": {"user": [{"id": 7, "name": "Bea Ejemplo", "email": "bea.privada@example.com", "is_owner": True}]},
    },
    "warnings": "Credit Card related parameters are now deprecated and have been removed. Use GetPayMethods instead.",
    "stats": {"numdueinvoices": 19, "isAffiliate": False},
}

# Reference, WhmcsDetails.
VERSION = {"result": "success", "whmcs": {"version": "8.0.0", "canonicalversion": "8.0.0-release.1"}}
