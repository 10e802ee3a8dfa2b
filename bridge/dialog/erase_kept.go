package dialog

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// clearKept takes a visitor out of what is kept for programs about whom it was before
// signing in and is since: each contact names its others.
func (s *Service) clearKept(ctx context.Context, linked []store.Visitor, v chat.VisitorID) error {
	for _, other := range linked {
		if err := s.store.MendKept(ctx, other.ID, v, func(text string) (string, error) { return without(text, v) }); err != nil {
			return err
		}
	}
	return nil
}

// without is a JSON text without the objects of lists that have a visitor's id as
// their own. What is no JSON names nobody in that way, and stays.
func without(text string, v chat.VisitorID) (string, error) {
	in := json.NewDecoder(strings.NewReader(text))
	in.UseNumber() // so that no number is rounded
	var value any
	if in.Decode(&value) != nil {
		return text, nil
	}
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false)
	err := to.Encode(pruned(value, v))
	return out.String(), err
}

func pruned(value any, v chat.VisitorID) any {
	switch value := value.(type) {
	case map[string]any:
		for name, part := range value {
			value[name] = pruned(part, v)
		}
		return value
	case []any:
		value = slices.DeleteFunc(value, func(item any) bool {
			object, ok := item.(map[string]any)
			return ok && object["id"] == string(v)
		})
		for i, item := range value {
			value[i] = pruned(item, v)
		}
		return value
	default:
		return value
	}
}
