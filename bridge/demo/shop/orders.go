package shop

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// order is what the shop's system says of one.
type order struct {
	Number string `json:"number"`
	// State is packing, sent or delivered.
	State string `json:"state"`
	// Arrives is the day on which it comes, or came: 2026-12-24.
	Arrives string `json:"arrives"`
}

var orderNumber = regexp.MustCompile(`^G-?(\d{4})$`)

// orderStatus answers what a chain of the bot asks: how an order stands. A real
// shop looks it up; this one tells by the last digit of the number. Those that
// end in 0 are not known.
func orderStatus(w http.ResponseWriter, r *http.Request) {
	match := orderNumber.FindStringSubmatch(strings.ToUpper(r.PathValue("number")))
	found, ok := order{}, false
	if match != nil {
		found, ok = orderOf(match[1], time.Now())
	}
	w.Header().Set("Content-Type", "application/json")
	answer := any(found)
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		answer = map[string]string{"error": "no such order"}
	}
	_ = json.NewEncoder(w).Encode(answer) // who asked may have left
}

func orderOf(digits string, today time.Time) (order, bool) {
	last := int(digits[3] - '0')
	state, days := "packing", last+4
	switch {
	case last == 0:
		return order{}, false
	case last >= 8:
		state, days = "delivered", last-10
	case last >= 4:
		state, days = "sent", last-3
	}
	return order{Number: "G-" + digits, State: state, Arrives: today.AddDate(0, 0, days).Format(time.DateOnly)}, true
}
