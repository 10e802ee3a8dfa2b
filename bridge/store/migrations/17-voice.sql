-- v16 -> v17: Voice messages: how loud each part of one is

-- A JSON array of whole numbers; empty for files that are none.
ALTER TABLE file ADD COLUMN waveform TEXT NOT NULL DEFAULT '';
