package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// measured is what benchmarks reported: by "Name unit", the figures of every repetition.
type measured map[string][]float64

// readBenchmarks reads the lines of Go's benchmark format:
//
//	BenchmarkName-2  1  18.0 some-unit  64.6 other-unit
func (m measured) readBenchmarks(r io.Reader) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i] // the number of processors
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return fmt.Errorf("benchmark %s: %w", name, err)
			}
			key := name + " " + fields[i+1]
			m[key] = append(m[key], value)
		}
	}
	return lines.Err()
}

// median is the middle one of them, or the mean of the two in the middle.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// beside is what a widget costs a page, as widget/e2e/bench measured it beside others.
// Bytes are as they are, times in milliseconds, both less than the page alone has.
type beside struct {
	Name   string  `json:"name"`
	Rounds int     `json:"rounds"`
	Before cost    `json:"before"`
	Opened cost    `json:"opened"`
	Memory float64 `json:"memory"`
	// Thousands is the memory with 5,000 messages.
	Thousands float64 `json:"thousands"`
}

type cost struct {
	Requests  float64 `json:"requests"`
	Bytes     float64 `json:"bytes"`
	Scripting float64 `json:"scripting"`
	Blocked   float64 `json:"blocked"`
	// Longest is the longest task, in milliseconds; 0 if none took 50.
	Longest float64 `json:"longest"`
}

// readWidgets reads widgets.json.
func readWidgets(r io.Reader) (all []beside, err error) {
	if err := json.NewDecoder(r).Decode(&all); err != nil {
		return nil, fmt.Errorf("the widgets' figures: %w", err)
	}
	return all, nil
}

// piece is a part of the widget: what a visitor loads of it, compressed, and its budget, in bytes.
type piece struct {
	what         string
	size, budget float64
}

// readSizes reads what scripts/size.mjs prints:
//
//	ok    2037 of 2048  loader
func readSizes(r io.Reader) (pieces []piece, err error) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		const least = 5
		if len(fields) < least || fields[2] != "of" {
			continue
		}
		size, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			return nil, fmt.Errorf("the widget's sizes: %w", err)
		}
		budget, err := strconv.ParseFloat(fields[3], 64)
		if err != nil {
			return nil, fmt.Errorf("the widget's sizes: %w", err)
		}
		pieces = append(pieces, piece{strings.Join(fields[4:], " "), size, budget})
	}
	return pieces, lines.Err()
}
