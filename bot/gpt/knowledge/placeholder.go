// Package knowledge holds what a company lets its assistant know.
package knowledge

import "context"

// Passage is a piece of knowledge that is found and cited as one.
type Passage struct{ ID, Title, URL, Text, File string }

// Base is a folder of knowledge. This file stands in for the package of that name.
type Base struct{ passages []Passage }

// Search returns the n passages that fit the query best.
func (b *Base) Search(context.Context, string, int) ([]Passage, error) { return b.passages, nil }

// All returns every passage.
func (b *Base) All() []Passage { return b.passages }

// Tokens is about how many tokens all passages take.
func (b *Base) Tokens() int { return 0 }
