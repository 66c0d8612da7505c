"""Made-up clients and users, including the cases that are easy to get wrong.

User ids start at 900 and client ids are lower, so that confusing them is noticed. Client 905 is the exception: user 905
has no access to it.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from sandbox.whmcs.records import Client, ClientStatus, Data, User, hash_password
from sandbox.whmcs.seed_tickets import add_desk

ANA_CLIENT_ID: Final = 42
ANA_EMAIL: Final = "ana@example.com"
NO_USERS_CLIENT_ID: Final = 60
FIVE_USERS_CLIENT_ID: Final = 61
SIXTY_USERS_CLIENT_ID: Final = 62
SHARED_CLIENT_IDS: Final = (63, 64)
INACTIVE_CLIENT_ID: Final = 65
CLOSED_CLIENT_ID: Final = 66
OTHER_EMAIL_CLIENT_ID: Final = 67
LONG_NAME_CLIENT_ID: Final = 72
COLLIDING_CLIENT_ID: Final = 905
VIP_CLIENT_ID: Final = 110
RESELLER_CLIENT_ID: Final = 111
STAFF_CLIENT_ID: Final = 112
BESIDE_VIP_CLIENT_ID: Final = 113
VIP_GROUP_ID: Final = 1
RESELLER_GROUP_ID: Final = 2
STAFF_GROUP_ID: Final = 3

_SIGN_INS_FROM: Final = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)

# Twelve people whose names begin with "Ma": more than a type-ahead offers at once.
_MANY: Final = (
    ("Magdalena", "Ferrer"),
    ("Maite", "Etxeberria"),
    ("Malena", "Ibáñez"),
    ("Manuel", "Ortega"),
    ("Marcos", "Peña"),
    ("María", "Núñez"),
    ("María José", "Güell"),
    ("Marina", "Sáez"),
    ("Mario", "Castro"),
    ("Marta", "Vidal"),
    ("Martín", "Roldán"),
    ("Mateo", "Blanco"),
)

# Names that break pages, messages or searches that interpret text as markup.
_ODD: Final = (
    (68, "Liam", "O'Brien", "Smith & Sons <Hosting>", "liam@example.com", "english"),
    (69, "*Bold* _Slanted_", "~Struck~ `Code`", '"Quoted" & Co.', "markup@example.com", "english"),
    (70, "@everyone", "<!channel>", "<@U0000000001> & <https://example.com|click>", "loud@example.com", ""),
    (71, "نور", "الهاشمي", "شركة المثال", "nour@example.com", "arabic"),
    (72, "Wolfeschlegelsteinhausenbergerdorff", "A" * 64, "Long & Longer " * 8, "long@example.com", "english"),
    (73, "Zoë", "Ångström-Łukasiewicz", "Čeština s.r.o.", "zoe@example.com", "czech"),
    (74, "&amp;", "&lt;b&gt;", "Entities &amp; Sons", "entities@example.com", "english"),
)


def make_seed() -> Data:
    """Return a new installation with recent tickets. Each user's password is `seed_password(user.id)`."""
    data = Data()
    _add_people_named_alike(data)
    _add_addresses_alike(data)
    _add_sizes(data)
    _add_shared_user(data)
    _add_statuses(data)
    for client_id, firstname, lastname, companyname, email, language in _ODD:
        client = data.add_client(
            firstname, lastname, email, client_id=client_id, companyname=companyname.strip(), language=language
        )
        _add_owner(data, client)
    for number, (firstname, lastname) in enumerate(_MANY):
        _add_client(data, 80 + number, firstname, lastname, f"ma{number:02}@example.com", language="spanish")
    _add_collision(data)
    _add_groups(data)
    add_desk(data, datetime.now(UTC))
    return data


def seed_password(user_id: int) -> str:
    return f"first-password-{user_id}"


def _add_people_named_alike(data: Data) -> None:
    _add_client(data, ANA_CLIENT_ID, "Ana", "López", ANA_EMAIL, language="spanish")
    _add_client(data, 43, "Ana", "López", "ana.lopez@example.test", companyname="Floristería Ana", language="spanish")
    _add_client(data, 44, "Ana", "López", "alopez@example.org", companyname="Academia López")


def _add_addresses_alike(data: Data) -> None:
    """Add two clients; the address of the first is a prefix of the other, so a search for it finds both."""
    _add_client(data, 50, "Ada", "Byron", "ada@example.com.example", language="english")
    _add_client(data, 51, "Ada", "Lovelace", "ada@example.com", language="english")


def _add_sizes(data: Data) -> None:
    data.add_client("Bruno", "Vacío", "bruno@example.com", client_id=NO_USERS_CLIENT_ID, language="spanish")
    _add_company(data, FIVE_USERS_CLIENT_ID, "Cinco Ruedas S.L.", "cinco.example.com", users=5)
    _add_company(data, SIXTY_USERS_CLIENT_ID, "Sesenta Hosting S.A.", "sesenta.example.com", users=60)


def _add_company(data: Data, client_id: int, companyname: str, domain: str, *, users: int) -> None:
    client = data.add_client(
        "Compras", companyname.split(maxsplit=1)[0], f"compras@{domain}", client_id=client_id, companyname=companyname
    )
    client.language = "spanish"
    for number in range(1, users + 1):
        _add_user(data, "Persona", f"Número {number:02}", f"persona{number:02}@{domain}", client_id)


def _add_shared_user(data: Data) -> None:
    """Add Clara, who owns a client and has access to another one, owned by Diego."""
    first, second = SHARED_CLIENT_IDS
    _add_client(data, first, "Clara", "Compartida", "clara@example.com", language="spanish")
    _add_client(data, second, "Diego", "Doble", "diego@example.com", companyname="Doble y Cía.", language="spanish")
    clara = data.find_user_by_email("clara@example.com")
    if clara is not None:
        data.link(clara.id, second)


def _add_statuses(data: Data) -> None:
    _add_client(data, INACTIVE_CLIENT_ID, "Inés", "Inactiva", "ines@example.com", status="Inactive")
    _add_client(data, CLOSED_CLIENT_ID, "Carlos", "Cerrado", "carlos@example.com", status="Closed")
    data.add_client(
        "Óscar", "Ortiz", "facturas@oscar.example.com", client_id=OTHER_EMAIL_CLIENT_ID, companyname="Ortiz e Hijos"
    )
    oscar = _add_user(data, "Óscar", "Ortiz", "oscar@example.com", OTHER_EMAIL_CLIENT_ID)
    oscar.email_verified = False
    oscar.second_factor = True
    oscar.last_sign_in_at = None


def _add_collision(data: Data) -> None:
    """Add client 905, with one user, whose id is another; user 905 is one of five users of another client."""
    _add_client(data, COLLIDING_CLIENT_ID, "Elena", "Equívoca", "elena@example.com", language="spanish")


def _add_groups(data: Data) -> None:
    """Add three clients in protected groups. Nadia owns an ordinary client and has access to the first of them."""
    groups = data.desk.client_groups
    groups |= {VIP_GROUP_ID: "VIP", RESELLER_GROUP_ID: "Revendedores", STAFF_GROUP_ID: "Personal", 4: "Prensa"}
    for client_id, firstname, lastname, email, group_id in (
        (VIP_CLIENT_ID, "Vera", "Valiosa", "vera@example.com", VIP_GROUP_ID),
        (RESELLER_CLIENT_ID, "Rita", "Revende", "rita@example.com", RESELLER_GROUP_ID),
        (STAFF_CLIENT_ID, "Pedro", "Plantilla", "pedro@example.com", STAFF_GROUP_ID),
        (BESIDE_VIP_CLIENT_ID, "Nadia", "Normal", "nadia@example.com", 0),
    ):
        _add_client(data, client_id, firstname, lastname, email, language="spanish")
        data.clients[client_id].groupid = group_id
    nadia = data.find_user_by_email("nadia@example.com")
    if nadia is not None:
        data.link(nadia.id, VIP_CLIENT_ID)


def _add_client(
    data: Data,
    client_id: int,
    firstname: str,
    lastname: str,
    email: str,
    *,
    companyname: str = "",
    status: ClientStatus = "Active",
    language: str = "",
) -> None:
    client = data.add_client(
        firstname, lastname, email, client_id=client_id, companyname=companyname, status=status, language=language
    )
    _add_owner(data, client)


def _add_owner(data: Data, client: Client) -> User:
    """Add the client's only user, with the name and address of the client."""
    return _add_user(data, client.firstname, client.lastname, client.email, client.id)


def _add_user(data: Data, firstname: str, lastname: str, email: str, client_id: int) -> User:
    user = data.add_user(firstname, lastname, email, client_ids=[client_id])
    user.password_hash = hash_password(seed_password(user.id))
    user.last_sign_in_at = _SIGN_INS_FROM + timedelta(hours=7 * (user.id % 40))
    data.clients[client_id].last_login_at = user.last_sign_in_at
    return user
