// Package typo guesses which known word a mistyped one means.
package typo

import (
	"strings"
	"unicode/utf8"
)

// Meant returns the known word that a mistyped one most likely means: of those with
// a slip for every three characters, and one more, the nearest; "" if there is none.
func Meant(word string, known []string) string {
	return Nearest(word, known, utf8.RuneCountInString(word)/3+1)
}

// Nearest returns the known word that is made of another one with the fewest slips
// of the keyboard, at most that many; of equally near ones the first, and "" if there
// is none. Case makes no difference. A word of which nothing is left is not near.
func Nearest(word string, known []string, most int) string {
	typed := []rune(strings.ToLower(word))
	best, least := "", most
	for _, name := range known {
		letters := []rune(strings.ToLower(name))
		if n := len(letters) - len(typed); max(n, -n) > least {
			continue // so that a very long word costs nothing
		}
		d := slips(typed, letters)
		if d <= least && d < utf8.RuneCountInString(name) && (best == "" || d < least) {
			best, least = name, d
		}
	}
	return best
}

// slips is how many characters have to be put in, taken out, changed, or swapped
// with their neighbour, to make a of b (optimal string alignment).
func slips(a, b []rune) int {
	earlier, before, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		earlier, before, row = before, row, earlier
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(before[j+1]+1, row[j]+1, before[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], earlier[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
