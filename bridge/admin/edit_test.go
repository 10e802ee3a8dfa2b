package admin

import (
	"errors"
	"testing"
)

func TestSetScalar(t *testing.T) {
	for _, c := range []struct{ name, before, after string }{
		{
			"an empty string with a comment",
			"# head\nappservice:\n  id: anteroom   # keep\n  as_token: \"\"  # the token\n  port: 1\n",
			"# head\nappservice:\n  id: anteroom   # keep\n  as_token: \"T\"  # the token\n  port: 1\n",
		},
		{
			"no value at all",
			"appservice:\n    as_token:\n    port: 1\n",
			"appservice:\n    as_token: \"T\"\n    port: 1\n",
		},
		{
			"no value, but a comment",
			"appservice:\n  as_token: # later\n",
			"appservice:\n  as_token: \"T\" # later\n",
		},
		{
			"null, quoted key, Windows line ends, no line end at the end",
			"appservice:\r\n  port: 1\r\n  \"as_token\": null",
			"appservice:\r\n  port: 1\r\n  \"as_token\": \"T\"",
		},
		{
			"the key is absent",
			"sites: {}\nappservice: # here\n  # about the port\n  port: 1\ngateway: {}\n",
			"sites: {}\nappservice: # here\n  as_token: \"T\"\n  # about the port\n  port: 1\ngateway: {}\n",
		},
		{
			"the section is empty",
			"appservice:\ngateway: {}\n",
			"appservice:\n  as_token: \"T\"\ngateway: {}\n",
		},
		{
			"the section is absent",
			"gateway: {}",
			"gateway: {}\n\nappservice:\n  as_token: \"T\"\n",
		},
		{
			"flow style without the key",
			"appservice: {port: 1}\n",
			"appservice: {as_token: \"T\", port: 1}\n",
		},
		{
			"empty flow style",
			"appservice: {}\n",
			"appservice: {as_token: \"T\"}\n",
		},
		{
			"flow style with the key, after wide characters",
			"appservice: {id: \"приёмная\", as_token: '', port: 1}\n",
			"appservice: {id: \"приёмная\", as_token: \"T\", port: 1}\n",
		},
		{
			"the same key elsewhere",
			"other:\n  as_token: \"\"\nappservice:\n  as_token: ~\n",
			"other:\n  as_token: \"\"\nappservice:\n  as_token: \"T\"\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := setScalar([]byte(c.before), "appservice", "as_token", "T")
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.after {
				t.Errorf("got:\n%q\nwant:\n%q", got, c.after)
			}
		})
	}
}

func TestSetScalarLeavesWhatItCannotEdit(t *testing.T) {
	for name, text := range map[string]string{
		"a value is there":         "appservice:\n  as_token: old\n",
		"the value is elsewhere":   "appservice:\n  as_token:\n    \"\"\n",
		"an anchor":                "appservice:\n  as_token: &a \"\"\n  hs_token: *a\n",
		"the section is an alias":  "a: &a {port: 1}\nappservice: *a\n",
		"the file holds a list":    "- appservice\n",
		"the section is a scalar":  "appservice: text\n",
		"an explicit key":          "appservice:\n  ? as_token\n  : \"\"\n",
		"the document has markers": "---\ngateway: {}\n...\n",
	} {
		if got, err := setScalar([]byte(text), "appservice", "as_token", "T"); !errors.Is(err, errNotEditable) {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func FuzzSetScalar(f *testing.F) {
	f.Add("appservice:\n  as_token: \"\"\n")
	f.Add("appservice: {as_token: }\n")
	f.Add("a: |\n  appservice:\nappservice:\n- x")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := setScalar([]byte(text), "appservice", "as_token", "T")
		if err == nil && !onlyDifference([]byte(text), got, "appservice", "as_token", "T") {
			t.Errorf("%q became %q", text, got)
		}
	})
}
