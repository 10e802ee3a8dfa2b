package convert

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// object is a JSON object whose fields may be of any type: a field of another
// type than the one that is asked for counts as absent.
type object map[string]any

// parse returns the JSON object in raw; false if raw is anything else. Numbers
// are kept as text, so that one too large for a float64 spoils nothing but itself.
func parse(raw []byte) (object, bool) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var o map[string]any
	if err := dec.Decode(&o); err != nil || o == nil {
		return nil, false
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, false
	}
	return o, true
}

// object is the object at key; nil, on which every method works, if there is none.
func (o object) object(key string) object {
	child, _ := o[key].(map[string]any)
	return child
}

// string is the string at key, or "".
func (o object) string(key string) string {
	s, _ := o[key].(string)
	return s
}

// number is the number at key between 0 and limit; 0 for anything else.
// Some clients write numbers with a fraction or as a string.
func (o object) number(key string, limit int64) int64 {
	var n json.Number
	switch v := o[key].(type) {
	case json.Number:
		n = v
	case string:
		n = json.Number(v)
	default:
		return 0
	}
	f, err := n.Float64()
	// Written so that NaN fails as well.
	if err != nil || !(f >= 0 && f <= float64(limit)) {
		return 0
	}
	return int64(f)
}

// numbers are those of the array at key as number reads them, of the first few thousand.
func (o object) numbers(key string, limit int64) []int {
	const most = 4096
	list, _ := o[key].([]any)
	out := make([]int, 0, min(len(list), most))
	for _, v := range list[:min(len(list), most)] {
		out = append(out, int(object{"": v}.number("", limit)))
	}
	return out
}

// has reports whether key is there and not null.
func (o object) has(key string) bool { return o[key] != nil }

// strings are the strings of the array at key.
func (o object) strings(key string) []string {
	list, _ := o[key].([]any)
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
