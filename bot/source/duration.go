package source

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"
)

// Duration is a time span, in a file "2s", "5m", "1h30m" or "7d". A day is 24 hours.
type Duration time.Duration

var spanForm = regexp.MustCompile(`^(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,8})s)?$`)

// ParseDuration reads a time span.
func ParseDuration(text string) (time.Duration, error) {
	m := spanForm.FindStringSubmatch(text)
	if m == nil || text == "" {
		return 0, fmt.Errorf("%q is not a time span; write it like 30s, 5m, 2h, 1h30m or 7d", excerpt(text))
	}
	var span time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		n, _ := strconv.Atoi(m[i+1]) // the form lets digits through, or nothing
		span += time.Duration(n) * unit
	}
	const most = 10 * 366 * 24 * time.Hour
	if span > most {
		return 0, fmt.Errorf("%q is longer than ten years", excerpt(text))
	}
	return span, nil
}

// ReadYAML reads a span with its unit.
func (d *Duration) ReadYAML(r *Reader, node *yaml.Node) {
	text, ok := r.Scalar(node)
	if !ok {
		return
	}
	span, err := ParseDuration(text)
	if err != nil {
		r.Fault(node, "bad_duration", "%s.", Capital(err.Error()))
		return
	}
	*d = Duration(span)
}

// Schema describes a span to editors.
func (Duration) Schema(*Schemas) map[string]any {
	return map[string]any{"type": "string", "pattern": spanForm.String(), "examples": []string{"30s", "5m", "1h30m", "7d"}}
}

// Capital begins a clause as a sentence begins.
func Capital(s string) string {
	if s == "" {
		return s
	}
	r := []rune(s)
	if r[0] >= 'a' && r[0] <= 'z' {
		r[0] += 'A' - 'a'
	}
	return string(r)
}

// Std is the span as Go knows it.
func (d Duration) Std() time.Duration { return time.Duration(d) }
