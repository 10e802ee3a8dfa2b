package admin

import (
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
)

// What a homeserver is, it says at one path, which stands here for those that the tests
// cannot run.
func TestDoctorTellsOfTheHomeserversHabits(t *testing.T) {
	late := []string{"homeserver.asked", "homeserver.comes_late"}
	for _, c := range []struct {
		name, version string
		notes         []string
	}{
		{"Synapse", "1.160.0", nil},
		{"Synapse", "1.161.0rc1 (b=develop)", nil},
		{"Synapse", "2.0.0", nil},
		{"Synapse", "1.98.0", []string{"homeserver.older"}},
		{"Synapse", "unknown", nil},
		{"Dendrite", "0.15.2+1234abc", late},
		{"Dendrite", "0.13.7", append([]string{"homeserver.older"}, late...)},
		{"Continuwuity", "0.5.0", []string{"homeserver.untested"}},
		{"", "", nil},
	} {
		t.Run(c.name+" "+c.version, func(t *testing.T) {
			homeserver := httptest.NewServer(answers{
				"/_matrix/client/versions":       `200 {"versions":["v1.11"]}`,
				"/_matrix/federation/v1/version": fmt.Sprintf(`200 {"server":{"name":%q,"version":%q}}`, c.name, c.version),
			})
			t.Cleanup(homeserver.Close)
			configPath := writeConfig(t, homeserver.URL, dendritetest.Port(t), dendritetest.Port(t))
			register(t, configPath)
			found := findingsOf(t, configPath)
			if text := found["good homeserver.ok"]; !strings.Contains(text, c.name) || !strings.Contains(text, c.version) {
				t.Errorf("it says %q", text)
			}
			if got := notesOf(found); !slices.Equal(got, slices.Sorted(slices.Values(c.notes))) {
				t.Errorf("the notes are %v and not %v", got, c.notes)
			}
		})
	}
}

// notesOf are the codes of what is worth knowing of the homeserver.
func notesOf(found map[string]string) (codes []string) {
	for _, finding := range slices.Sorted(maps.Keys(found)) {
		if code, ok := strings.CutPrefix(finding, "note "); ok && strings.HasPrefix(code, "homeserver.") {
			codes = append(codes, code)
		}
	}
	return codes
}

// The version that the doctor calls tested is the one that the tests run.
func TestTheTestedDendriteIsTheOneOfTheTests(t *testing.T) {
	mod, err := os.ReadFile("../demo/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if want := "github.com/element-hq/dendrite v" + testedDendrite + " "; !strings.Contains(string(mod), want) {
		t.Errorf("bridge/demo/go.mod has no %q", want)
	}
}
