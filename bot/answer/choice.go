package answer

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

// readChoice takes choices by their words, by their numbers as people count, from
// 1, or by their places in a form's reply, from 0. Words win over numbers.
func readChoice(q Question, e talk.Event, _ Situation) (Answer, *Fault) {
	var places []int
	var ok bool
	if e.Reply != "" {
		places, ok = q.placesOf(e.Reply)
	} else {
		said, fault := short(e.Text)
		if fault != nil {
			return Answer{}, fault
		}
		places, ok = q.choicesIn(said)
	}
	if !ok {
		return Answer{}, fail(NotAChoice)
	}
	slices.Sort(places)
	places = slices.Compact(places)
	if len(places) > 1 && !q.Many {
		return Answer{}, fail(TooMany)
	}
	words := make([]string, len(places))
	for i, place := range places {
		words[i] = q.Choices[place]
	}
	answer := Answer{Value: words[0], Text: strings.Join(words, ", "), Places: places}
	if q.Many {
		answer.Value = asJSON(words)
	}
	return answer, nil
}

func asJSON(words []string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(words) // strings always can be
	return strings.TrimSpace(b.String())
}

// placesOf reads a form's reply: places from 0 with commas between.
func (q Question) placesOf(reply string) ([]int, bool) {
	if len(reply) > longest {
		return nil, false
	}
	var places []int
	for part := range strings.SplitSeq(reply, ",") {
		place, err := strconv.Atoi(part)
		if err != nil || place < 0 || place >= len(q.Choices) {
			return nil, false
		}
		places = append(places, place)
	}
	return places, true
}

// between are what people write between several choices.
var between = regexp.MustCompile(` *[,;] *(?:(?:and|&|и) )?| (?:and|&|и) |\n| \+ `)

// choicesIn reads what a visitor wrote.
func (q Question) choicesIn(said string) ([]int, bool) {
	words := make([]string, len(q.Choices))
	for i, choice := range q.Choices {
		words[i] = folded(choice)
	}
	if place, ok := choiceOf(words, said); ok {
		return []int{place}, true
	}
	if list, ok := listOf(said); ok {
		return eachOf(words, list)
	}
	return severalOf(words, said)
}

// listOf reads the canonical form of several choices.
func listOf(said string) (list []string, ok bool) {
	return list, strings.HasPrefix(said, "[") && json.Unmarshal([]byte(said), &list) == nil && len(list) > 0
}

func eachOf(words, list []string) ([]int, bool) {
	var places []int
	for _, said := range list {
		place := slices.Index(words, folded(said))
		if place < 0 {
			return nil, false
		}
		places = append(places, place)
	}
	return places, true
}

// severalOf reads choices with separators between. The words of a choice may have
// separators in them: the longest that is a choice counts.
func severalOf(words []string, said string) ([]int, bool) {
	cuts := between.FindAllStringIndex(said, -1)
	if len(cuts) == 0 || len(cuts) > 2*len(words) {
		return nil, false
	}
	// A choice ends where a separator begins and the next begins where it ends.
	cuts = append(cuts, []int{len(said), len(said)})
	var places []int
	begin := 0
	for next := 0; next < len(cuts); {
		end := len(cuts) - 1
		place, ok := 0, false
		for ; end >= next; end-- {
			if place, ok = choiceOf(words, said[begin:cuts[end][0]]); ok {
				break
			}
		}
		if !ok {
			return nil, false
		}
		places = append(places, place)
		begin, next = cuts[end][1], end+1
	}
	return places, true
}

// numbered is the number of a choice; № folds to no.
var numbered = regexp.MustCompile(`^(?:(?:no|number|option|номер|вариант)\.? ?)?(\d{1,3})$`)

// choiceOf is the place of the choice that is meant by its words or number.
func choiceOf(words []string, said string) (int, bool) {
	if place := slices.Index(words, folded(said)); place >= 0 {
		return place, true
	}
	said = bare(said)
	for i, word := range words {
		if said != "" && bare(word) == said {
			return i, true
		}
	}
	parts := numbered.FindStringSubmatch(said)
	if parts == nil {
		return 0, false
	}
	number, err := strconv.Atoi(parts[1])
	return number - 1, err == nil && number >= 1 && number <= len(words)
}

func checkChoice(q Question) error {
	if err := checkNoBounds(q); err != nil {
		return err
	}
	switch {
	case len(q.Choices) == 0:
		return errors.New("a choice needs choices")
	case len(q.Choices) > MaxChoices:
		return fmt.Errorf("there are %d choices, and there may be %d", len(q.Choices), MaxChoices)
	}
	seen := map[string]string{}
	for _, choice := range q.Choices {
		word := bare(choice)
		if word == "" {
			word = folded(choice) // an emoji, or nothing
		}
		before, twice := seen[word]
		switch {
		case word == "":
			return errors.New("one of the choices is empty")
		case twice:
			return fmt.Errorf("the choices %q and %q are the same to whoever types them", before, choice)
		}
		seen[word] = choice
	}
	return nil
}
