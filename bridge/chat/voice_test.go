package chat_test

import (
	"math"
	"slices"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

func TestWaveformIsBounded(t *testing.T) {
	many := make([]int, 1050)
	for i := range many {
		many[i] = i % 1050
	}
	for _, c := range []struct {
		claimed []int
		want    []int
	}{
		{nil, nil},
		{[]int{}, nil},
		{[]int{0, 7, 1024}, []int{0, 7, 1024}},
		{[]int{-1, math.MinInt, math.MaxInt, 1025}, []int{0, 0, 1024, 1024}},
	} {
		if got := chat.Waveform(c.claimed); !slices.Equal(got, c.want) {
			t.Errorf("Waveform(%v) = %v, want %v", c.claimed, got, c.want)
		}
	}
	got := chat.Waveform(many)
	if len(got) != chat.MostLoudnesses || got[0] != 10 || got[99] != chat.MaxLoudness || !slices.IsSorted(got) {
		t.Errorf("of 1050 rising ones come %v", got)
	}
}
