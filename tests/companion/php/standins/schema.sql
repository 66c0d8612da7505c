CREATE TABLE tblclients (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
CREATE TABLE tblusers (
    id INTEGER PRIMARY KEY,
    first_name TEXT NOT NULL DEFAULT '',
    last_name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL,
    password TEXT NOT NULL DEFAULT '',
    second_factor TEXT NOT NULL DEFAULT '',
    reset_token TEXT NOT NULL DEFAULT '',
    remember_token TEXT NOT NULL DEFAULT '',
    last_login TEXT,
    email_verified_at TEXT,
    reset_token_expiry TEXT,
    created_at TEXT,
    updated_at TEXT
);
CREATE TABLE tblusers_clients (
    id INTEGER PRIMARY KEY,
    auth_user_id INTEGER NOT NULL,
    client_id INTEGER NOT NULL,
    owner INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE tbladdonmodules (id INTEGER PRIMARY KEY, module TEXT NOT NULL, setting TEXT NOT NULL, value TEXT NOT NULL);
CREATE TABLE tblconfiguration (setting TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE tblactivitylog (id INTEGER PRIMARY KEY, description TEXT NOT NULL, userid INTEGER NOT NULL);
INSERT INTO tblconfiguration VALUES ('Version', '8.13.1-release.1');
