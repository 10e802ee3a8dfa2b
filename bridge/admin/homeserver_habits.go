package admin

import (
	"regexp"
	"slices"
	"strconv"
)

// The homeservers that the bridge is tested with, by the names they tell, and the versions.
const (
	ofSynapse, testedSynapse   = "Synapse", "1.160.0"
	ofDendrite, testedDendrite = "Dendrite", "0.15.2"
)

// habits tells what an admin will wonder about on this homeserver, so that nobody looks
// for the fault in the bridge.
func (c *checker) habits(name, version string) {
	with, known := map[string]string{ofSynapse: testedSynapse, ofDendrite: testedDendrite}[name]
	switch {
	case !known:
		c.note("homeserver.untested", "The bridge is tested with %s %s and %s %s, and not with %s: if something does not work, see whether it does with one of these.",
			ofSynapse, testedSynapse, ofDendrite, testedDendrite, name)
	case older(version, with):
		c.note("homeserver.older", "The bridge is tested with %s %s, and this one is older: if something does not work, upgrade the homeserver first.", name, with)
	}
	if name == ofDendrite {
		c.note("homeserver.comes_late", "When the bridge was away, Dendrite tries again after up to 64 seconds and cannot be woken: what operators wrote meanwhile reaches visitors only then.")
		c.note("homeserver.asked", "Dendrite does not tell the bridge who types, what was read and what was removed, so the bridge asks for it: of visitors who are online, of the 500 most recent at most.")
	}
}

var numbers = regexp.MustCompile(`[0-9]+`)

// older reports whether a version comes before another by its first three numbers; one
// that cannot be read does not.
func older(version, than string) bool {
	const parts = 3
	a, b := numbers.FindAllString(version, parts), numbers.FindAllString(than, parts)
	if len(a) < parts {
		return false
	}
	return slices.CompareFunc(a, b, func(x, y string) int {
		left, _ := strconv.Atoi(x) // one that is too long is a large one
		right, _ := strconv.Atoi(y)
		return left - right
	}) < 0
}
