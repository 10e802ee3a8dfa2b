package chain_test

import (
	"fmt"
	"testing"

	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

const chances = `
on: [ { keywords: [go] } ]
steps:
  - random:
      - { weight: 3, steps: [ { say: three }, { pause: 1h } ] }
      - { steps: [ { say: one } ] }
%s
  - say: behind
`

// ways counts what is said first when a thousand inputs start the chain.
func ways(t *testing.T, sticky string, keep bool) map[string]int {
	t.Helper()
	set, faults := chain.Load(folder(fmt.Sprintf(chances, sticky), nil), chain.Options{})
	if set == nil {
		t.Fatal(faults)
	}
	said := map[string]int{}
	var state bot.State
	for i := range 1000 {
		next, actions := bot.Turn(set, state, talk.Input{ID: fmt.Sprint(i), Seed: uint64(i), Event: says("go")})
		if keep {
			next.Runs = nil
			state = restarted(t, next)
		}
		for _, a := range actions {
			if say, ok := a.(talk.Say); ok {
				said[say.Text]++
			}
		}
	}
	return said
}

func TestRandomTakesWaysByTheirWeights(t *testing.T) {
	for _, keep := range []bool{false, true} {
		said := ways(t, "", keep)
		if said["three"]+said["one"] != 1000 || said["three"] < 700 || said["three"] > 800 || said["behind"] != said["one"] {
			t.Errorf("kept %v: %v", keep, said)
		}
	}
}

func TestStickyRandomTakesTheSameWay(t *testing.T) {
	if said := ways(t, "    sticky: true", false); said["three"] < 700 || said["three"] > 800 {
		t.Errorf("visitors: %v", said)
	}
	if said := ways(t, "    sticky: true", true); said["three"] != 1000 && said["one"] != 1000 {
		t.Errorf("a visitor: %v", said)
	}
}

func TestStickyRandomChoosesAnewWhenItsWayIsNoMore(t *testing.T) {
	set, _ := chain.Load(folder(fmt.Sprintf(chances, "    sticky: true"), nil), chain.Options{})
	state := bot.State{Memory: chain.Memory{Choices: map[string]int{"main#start+1": 2}}}
	state, actions := bot.Turn(set, state, talk.Input{ID: "1", Event: says("go")})
	if chosen := state.Choices["main#start+1"]; len(actions) == 0 || chosen > 1 {
		t.Errorf("%d, %v", chosen, actions)
	}
}

func TestBadRandoms(t *testing.T) {
	refuse(t, nil, []bad{
		{"one way", "  - random: [ { steps: [ end ] } ]", "main.yaml:2:5 [bad_ways]", "20"},
		{"no steps", "  - random: [ { steps: [ end ] }, { weight: 2 } ]", "main.yaml:2:35 [missing_key]", `"steps"`},
		{"no weight", "  - random: [ { steps: [ end ] }, { weight: 0, steps: [ end ] } ]", "main.yaml:2:45 [bad_weight]", ""},
		{"half a weight", "  - random: [ { steps: [ end ] }, { weight: 0.5, steps: [ end ] } ]", "main.yaml:2:45 [not_an_integer]", ""},
		{"nothing", "  - random: [ { steps: [ end ] }, ~ ]", "main.yaml:2:35 [no_value]", ""},
		{"sticky", "  - random: [ { steps: [ end ] }, { steps: [ end ] } ]\n    sticky: 1", "main.yaml:3:13 [not_a_boolean]", ""},
		{"inside", "  - random: [ { steps: [ end ] }, { steps: [ { sya: a } ] } ]", "main.yaml:2:46 [unknown_step]", `"say"`},
	})
}
