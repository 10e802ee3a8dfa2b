package knowledge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge/fulltext"
)

// Embedder turns texts into vectors whose directions tell what they mean; package
// embed has one that asks an endpoint.
type Embedder interface {
	// Passages returns the vectors of texts of a base, in their order.
	Passages(ctx context.Context, texts []string) ([][]float32, error)
	// Question returns the vector of what somebody asks, soon or not at all.
	Question(ctx context.Context, text string) ([]float32, error)
}

// Embed returns the base with vectors, which Search uses beside words. It may ask
// an endpoint for a long time; what the embedder keeps of an earlier base is not
// asked again.
func (b *Base) Embed(ctx context.Context, e Embedder) (*Base, error) {
	if len(b.passages) == 0 {
		return b, nil
	}
	texts := make([]string, len(b.passages))
	for i, p := range b.passages {
		texts[i] = p.whole()
	}
	vectors, err := e.Passages(ctx, texts)
	if err != nil {
		return nil, fmt.Errorf("embed passages: %w", err)
	}
	if len(vectors) != len(texts) {
		return nil, fmt.Errorf("embed passages: %d vectors for %d of them", len(vectors), len(texts))
	}
	with := *b
	with.embedder, with.vectors = e, vectors
	return &with, nil
}

// whole is the passage with all that says what it is about.
func (p *Passage) whole() string {
	text := p.Title
	if p.Above != "" {
		text = p.Above + " › " + text
	}
	for _, wording := range p.Also {
		text += "\n" + wording
	}
	return text + "\n\n" + p.Text
}

const (
	// MaxQuery is how many characters of a question are looked at.
	MaxQuery = 2000
	// deep is how many passages of each rank are fused.
	deep = 50
	// flat is RRF's k: how little the first places count above the next ones
	// (Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion", 2009).
	flat = 60
)

// Search returns at most n passages that may answer a question, the best first;
// none if no words of it are known. With an error, which is one of the embeddings,
// it returns what words alone have found.
//
// A view for a language falls back on all languages if it has nothing by words.
func (b *Base) Search(ctx context.Context, query string, n int) ([]Passage, error) {
	if r := []rune(query); len(r) > MaxQuery {
		query = string(r[:MaxQuery])
	}
	byWords := b.words(query)
	ranks := [][]int{byWords}
	var failed error
	if b.vectors != nil {
		byMeaning, err := b.meaning(ctx, query)
		if err != nil {
			failed = fmt.Errorf("embed a question: %w", err)
		} else {
			ranks = append(ranks, byMeaning)
		}
	}
	if len(ranks) == 1 && len(byWords) == 0 && b.mine != nil {
		all := *b
		all.mine = nil
		ranks[0] = all.words(query)
	}
	fused := fuse(ranks)
	found := make([]Passage, 0, max(0, min(n, len(fused))))
	for _, i := range fused[:cap(found)] {
		found = append(found, b.passages[i])
	}
	return found, failed
}

func (b *Base) words(query string) (ranked []int) {
	for _, hit := range b.index.Search(query, deep, b.has) {
		ranked = append(ranked, hit.Document)
	}
	return ranked
}

var errLength = errors.New("the vectors of question and passages differ in length")

func (b *Base) meaning(ctx context.Context, query string) (ranked []int, err error) {
	vector, err := b.embedder.Question(ctx, query)
	if err != nil {
		return nil, err
	}
	var hits []fulltext.Hit
	for i, of := range b.vectors {
		if len(of) != len(vector) {
			return nil, errLength
		}
		if b.has(i) {
			hits = append(hits, fulltext.Hit{Document: i, Score: dot(of, vector)})
		}
	}
	slices.SortStableFunc(hits, func(x, y fulltext.Hit) int { return cmp.Compare(y.Score, x.Score) })
	for _, hit := range hits[:min(deep, len(hits))] {
		ranked = append(ranked, hit.Document)
	}
	return ranked, nil
}

func dot(a, b []float32) float64 {
	sum := float32(0)
	for i := range a {
		sum += a[i] * b[i]
	}
	return float64(sum)
}

// fuse makes one rank of several.
func fuse(ranks [][]int) (fused []int) {
	if len(ranks) == 1 {
		return ranks[0]
	}
	scores := map[int]float64{}
	for _, rank := range ranks {
		for place, i := range rank {
			if scores[i] == 0 {
				fused = append(fused, i)
			}
			scores[i] += 1 / float64(flat+place+1)
		}
	}
	slices.SortStableFunc(fused, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	return fused
}
