package chain_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// input is something that happens, and the actions that it has to have.
type input struct {
	talk.Event
	// after is how long after the input before.
	after time.Duration
	// silent is whether an operator has the dialog.
	silent bool
	// want are the actions but for the counts, one a line.
	want string
}

func says(text string) talk.Event { return talk.Event{Kind: talk.Said, Text: text} }

func presses(step string, button int, text string) talk.Event {
	return talk.Event{Kind: talk.Pressed, Text: text, Press: &talk.Press{Step: step, Button: button, Text: text}}
}

func responds(request string, r talk.Response) talk.Event {
	return talk.Event{Kind: talk.Responded, Request: request, Response: &r}
}

func options() chain.Options {
	return chain.Options{
		Constants:  map[string]string{"crm": "https://crm.example/v2", "host": "crm.example", "shop": "Tea & Co"},
		Secrets:    []string{"TOKEN", "BASE"},
		Assistants: []chain.Assistant{{Name: "sales", Variables: []string{"size", "likes"}, HandOver: true}},
	}
}

// folder are the files of a chain named main and what else there is.
func folder(steps string, more map[string]string) fstest.MapFS {
	files := fstest.MapFS{"main.yaml": {Data: []byte(steps)}}
	for name, content := range more {
		files[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return files
}

// play runs a conversation. After each input the state goes through JSON, as in a
// restart; the input is played again, which has to give the same, and comes twice,
// which has to mean nothing.
func play(t *testing.T, files fstest.MapFS, inputs []input) bot.State {
	t.Helper()
	set, faults := chain.Load(files, options())
	for _, f := range faults {
		t.Log(f.Shown())
	}
	if set == nil {
		t.Fatal("the chains have faults")
	}
	var state bot.State
	facts := talk.Facts{Variables: map[string]string{}, Visits: 1}
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for i, in := range inputs {
		now, facts.Silent = now.Add(in.after), in.silent
		turn := talk.Input{ID: fmt.Sprint("i", i+1), At: now, Seed: uint64(i), Event: in.Event, Facts: facts}
		next, actions := bot.Turn(set, state, turn)
		again, same := bot.Turn(set, state, turn)
		if !reflect.DeepEqual(again, next) || !reflect.DeepEqual(same, actions) {
			t.Errorf("input %d: the same turn gave something else: %s", i+1, written(t, same))
		}
		if got, want := written(t, actions), strings.TrimSpace(in.want); got != want {
			t.Errorf("input %d (%s %q): got\n%s\nwant\n%s", i+1, in.Kind, in.Text, got, want)
		}
		state = restarted(t, next)
		if twice, none := bot.Turn(set, state, turn); len(none) > 0 || !reflect.DeepEqual(twice, state) {
			t.Errorf("input %d counted twice: %s", i+1, written(t, none))
		}
		carryOut(&facts, actions)
	}
	return state
}

func restarted(t *testing.T, s bot.State) (read bot.State) {
	t.Helper()
	kept, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(kept, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// carryOut does with the facts what whoever runs the bot does.
func carryOut(facts *talk.Facts, actions []talk.Action) {
	for _, a := range actions {
		switch a := a.(type) {
		case talk.Set:
			facts.Variables[a.Name] = a.Value
		case talk.Tag:
			facts.Tags = append(facts.Tags, a.Tag)
		default:
		}
	}
}

// written are actions without the counts, one a line.
func written(t *testing.T, actions []talk.Action) string {
	t.Helper()
	var lines []string
	for _, a := range actions {
		if _, ok := a.(talk.Count); ok {
			continue
		}
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(a); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.TrimPrefix(fmt.Sprintf("%T ", a), "talk.")+strings.TrimSpace(b.String()))
	}
	return strings.Join(lines, "\n")
}

// bad is a chain with one fault.
type bad struct {
	name, steps string
	// want is the fault: file:line:column [code], and what its sentence has in it.
	want, text string
}

// refuse loads chains that each have one fault.
func refuse(t *testing.T, more map[string]string, all []bad) {
	t.Helper()
	for _, b := range all {
		t.Run(b.name, func(t *testing.T) {
			_, faults := chain.Load(folder("steps:\n"+b.steps, more), options())
			var got []string
			for _, f := range faults {
				if f.Code == "never_started" || f.Code == "unused_file" { // of this other tests tell
					continue
				}
				got = append(got, fmt.Sprintf("%s [%s]", f.Pos, f.Code))
				if !strings.Contains(f.Text, b.text) {
					t.Errorf("%q says nothing of %q", f.Text, b.text)
				}
			}
			if strings.Join(got, "\n") != b.want {
				t.Errorf("got\n%s\nwant\n%s", faults.Error(), b.want)
			}
		})
	}
}
