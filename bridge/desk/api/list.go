package api

import (
	"encoding/base64"
	"slices"
	"strconv"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// How many of a list come at once.
const (
	usualLimit = 50
	mostLimit  = 200
)

// list is a part of a list; Next asks for the part behind it, and is null at the end.
type list[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next"`
}

// limitOf is how many are wanted.
func limitOf(q request) (int, error) {
	text := q.URL.Query().Get("limit")
	if text == "" {
		return usualLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostLimit {
		return 0, chat.Errorf(chat.CodeBadRequest, "A limit is a number from 1 to %d.", mostLimit)
	}
	return n, nil
}

// hidden hides what a place in a list is, so that nobody builds one.
func hidden(place string) *string {
	text := base64.RawURLEncoding.EncodeToString([]byte(place))
	return &text
}

// shown is the place that a cursor hides; empty without one.
func shown(q request) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(q.URL.Query().Get("cursor"))
	if err != nil {
		return "", badCursor()
	}
	return string(raw), nil
}

func badCursor() error {
	return chat.Errorf(chat.CodeBadRequest, "This cursor is none that a list gave.")
}

// cursor is a place in a list that is sorted by numbers.
func cursor(number int64) *string { return hidden(strconv.FormatInt(number, 10)) }

// cursorOf is the place that cursor hid; 0 without one.
func cursorOf(q request) (int64, error) {
	text, err := shown(q)
	if err != nil || text == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, badCursor()
	}
	return n, nil
}

// known refuses what a list is asked for and knows nothing of, so that a mistyped filter is not lost.
func known(q request, names ...string) error {
	for name := range q.URL.Query() {
		if !slices.Contains(names, name) {
			return chat.Errorf(chat.CodeBadRequest, "This list knows limit, cursor and its filters, and not all that was asked for.")
		}
	}
	return nil
}
