package gpt

import "time"

// RulesText are the rules that stand in each prompt.
func (a *Assistant) RulesText() string { return a.rulesText("en") }

// SetNow sets the time by which endpoints rest.
func (a *Assistant) SetNow(now func() time.Time) { a.now = now }
