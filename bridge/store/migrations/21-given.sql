-- v20 -> v21: What visitors said: the word to the last rating beside it, and the answers of forms

ALTER TABLE dialog ADD COLUMN rating_word TEXT NOT NULL DEFAULT '';
UPDATE dialog SET rating_word = COALESCE((
	SELECT r.word FROM rating r WHERE r.visitor_id = dialog.visitor_id AND r.score = dialog.rating AND r.score_of = dialog.rating_of
	ORDER BY r.at DESC LIMIT 1
), '') WHERE rating_of > 0;

-- A JSON list of names and values, in the order of the form.
ALTER TABLE form ADD COLUMN answers TEXT NOT NULL DEFAULT '[]';
