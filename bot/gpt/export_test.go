package gpt

// RulesText are the rules that stand in each prompt.
func (a *Assistant) RulesText() string { return a.rulesText("en") }
