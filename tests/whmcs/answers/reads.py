"""Successful answers of reads, in the shapes of the reference and of other clients' tests."""

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

# WHMCS/developer-docs issue #137: no match, and the list is missing.
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

# Reference, GetTicket (8.0 and later): ids as text, the requestor beside each message and not beside the ticket, the guest's
# access key, an empty attachment as an empty list.
TICKET = {
    "result": "success",
    "ticketid": "1",
    "tid": "516757",
    "c": "fake-key",
    "deptid": "1",
    "deptname": "Sample Support Department",
    "userid": "1",
    "contactid": "0",
    "name": "Bea Ejemplo",
    "email": "bea@example.com",
    "cc": "",
    "date": "2016-01-01 06:26:29",
    "subject": "This is a sample ticket",
    "status": "Closed",
    "priority": "Medium",
    "admin": "",
    "lastreply": "2016-01-01 06:30:16",
    "flag": "0",
    "service": "",
    "replies": {
        "reply": [
            {
                "replyid": "0",
                "userid": "1",
                "name": "Bea Ejemplo",
                "email": "bea@example.com",
                "requestor_name": "Bea Ejemplo",
                "requestor_email": "bea.privada@example.com",
                "requestor_type": "Owner",
                "date": "2016-01-01 06:26:29",
                "message": "Hey, \r\n\r\nThis is the first ticket message!",
                "attachment": "123456_attachment_name.png",
                "attachments": [{"filename": "attachment_name.png", "index": 0}],
                "attachments_removed": True,
                "admin": "",
            },
            {
                "replyid": "1",
                "userid": "1",
                "name": "",
                "email": "",
                "requestor_name": "Demo Admin",
                "requestor_email": "",
                "requestor_type": "Operator",
                "date": "2016-01-01 06:27:01",
                "message": "Hello &amp; <b>welcome</b>",
                "attachments": [[]],
                "attachments_removed": False,
                "admin": "Demo Admin",
                "rating": "0",
            },
        ]
    },
    "notes": {
        "note": [
            {"noteid": "1", "date": "2016-01-01 06:26:42", "message": "This is a ticket note", "admin": "Demo Admin"}
        ]
    },
}

# Reference, GetTickets: the total as text, the requestor beside the ticket, no department name.
TICKETS = {
    "result": "success",
    "totalresults": "1",
    "startnumber": 0,
    "numreturned": 1,
    "tickets": {
        "ticket": [
            {
                "id": "1",
                "tid": "516757",
                "deptid": "1",
                "userid": "1",
                "name": "Bea Ejemplo",
                "owner_name": "Bea Ejemplo",
                "email": "bea@example.com",
                "requestor_name": "Bea Ejemplo",
                "requestor_email": "bea.privada@example.com",
                "requestor_type": "Owner",
                "c": "fake-key",
                "date": "2016-01-01 06:26:29",
                "subject": "This is a sample ticket",
                "status": "Answered",
                "lastreply": "2016-01-01 06:30:16",
            }
        ]
    },
}
