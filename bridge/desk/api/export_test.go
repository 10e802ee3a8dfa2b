package api

import "golang.org/x/time/rate"

// Hurry holds no program back any more.
func (a *API) Hurry() {
	for _, tokens := range a.tokens {
		for _, of := range tokens {
			of.pace = rate.NewLimiter(rate.Inf, 0)
		}
	}
}
