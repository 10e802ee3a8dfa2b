-- v17 -> v18: Mails to visitors: what is answered while nobody reads, and how they come back

-- Dialogs whose visitors have something to read, and when it is looked whether a mail tells them.
CREATE TABLE mail_wait (
	visitor_id TEXT   PRIMARY KEY REFERENCES visitor (id) ON DELETE CASCADE,
	due_at     BIGINT NOT NULL
);
CREATE INDEX mail_wait_due ON mail_wait (due_at);

-- What visitors said themselves of mails: where to, or that they want none.
CREATE TABLE mail_choice (
	visitor_id TEXT    PRIMARY KEY REFERENCES visitor (id) ON DELETE CASCADE,
	address    TEXT    NOT NULL,
	off        BOOLEAN NOT NULL,
	at         BIGINT  NOT NULL
);

-- Links that lead back into a dialog, once, by the hash of their secret.
CREATE TABLE mail_link (
	hash       TEXT   PRIMARY KEY,
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	expires_at BIGINT NOT NULL,
	-- 0 while it opens something.
	used_at    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX mail_link_visitor ON mail_link (visitor_id);
CREATE INDEX mail_link_expires ON mail_link (expires_at);

-- Addresses that want no mails of a site, by keyed hashes. They belong to no visitor,
-- and stay when one is erased.
CREATE TABLE mail_stop (
	site TEXT   NOT NULL,
	hash TEXT   NOT NULL,
	at   BIGINT NOT NULL,
	PRIMARY KEY (site, hash)
);

-- Up to which number a mail has told of messages.
ALTER TABLE dialog ADD COLUMN mailed_seq BIGINT NOT NULL DEFAULT 0;
