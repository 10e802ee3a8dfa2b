-- v7 -> v8: Spaces: where dialogs are listed, and which operators are in their rooms

-- The spaces inside of a site's space, in which its dialogs are listed.
CREATE TABLE bucket (
	site    TEXT   NOT NULL,
	-- "open", or the month in which its dialogs were closed: "2026-11".
	shelf   TEXT   NOT NULL,
	-- From 1 on in each shelf; the highest takes what comes.
	number  BIGINT NOT NULL,
	room_id TEXT   NOT NULL UNIQUE,
	PRIMARY KEY (site, shelf, number)
);

-- What a space lists, or listed: rows stay, because an emptied child stays in
-- the space's state for ever.
CREATE TABLE child (
	space_id TEXT NOT NULL,
	room_id  TEXT NOT NULL,
	state    TEXT NOT NULL,
	PRIMARY KEY (space_id, room_id)
);
CREATE INDEX child_room ON child (room_id);

-- The space whose members may enter; empty when that has to be looked at.
ALTER TABLE room ADD COLUMN space_id TEXT NOT NULL DEFAULT '';
-- Whether table member knows who is in the room.
ALTER TABLE room ADD COLUMN counted BOOLEAN NOT NULL DEFAULT false;
CREATE INDEX room_uncounted ON room (visitor_id) WHERE NOT counted;

-- 0: the dialog is listed where it belongs; 1: that has to be looked at; 2: the same, at leisure.
ALTER TABLE dialog ADD COLUMN move BIGINT NOT NULL DEFAULT 0;
CREATE INDEX dialog_move ON dialog (move, closed_at) WHERE move > 0;

-- The people in dialogs' rooms, and those whom archiving took out.
CREATE TABLE member (
	room_id TEXT   NOT NULL REFERENCES room (room_id) ON DELETE CASCADE,
	user_id TEXT   NOT NULL,
	state   TEXT   NOT NULL,
	-- Since when they are in.
	since   BIGINT NOT NULL,
	PRIMARY KEY (room_id, user_id)
);
CREATE INDEX member_in ON member (user_id) WHERE state = 'in';
CREATE INDEX member_leaving ON member (room_id) WHERE state = 'leaving';

-- Who is an operator of a site, or ever was. What the homeserver was told (table
-- applied) is forgotten at times; who is to leave a room is not.
CREATE TABLE operator (
	site    TEXT NOT NULL,
	user_id TEXT NOT NULL,
	PRIMARY KEY (site, user_id)
);

-- Before, every room was listed in its site's space itself.
UPDATE room SET space_id = (SELECT s.room_id FROM site_room s JOIN visitor v ON v.site = s.site
		WHERE v.id = room.visitor_id AND s.role = 'space')
	WHERE EXISTS (SELECT 1 FROM site_room s JOIN visitor v ON v.site = s.site WHERE v.id = room.visitor_id AND s.role = 'space');
INSERT INTO child (space_id, room_id, state) SELECT a.value, r.room_id, 'in'
	FROM applied a JOIN room r ON r.visitor_id = a.subject WHERE a.what = 'child of';
DELETE FROM applied WHERE what = 'child of';
UPDATE dialog SET move = 2 WHERE visitor_id IN (SELECT r.visitor_id FROM room r JOIN visitor v ON v.id = r.visitor_id WHERE r.current AND NOT v.desk);
