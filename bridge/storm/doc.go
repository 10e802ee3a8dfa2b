// Package storm is the wide fault storm: visitors, operators and the bot talk without
// a pause while everything around them fails, at random from a printed seed. What
// clients said and were told is recorded (package record); a program that shares no
// code with the bridge (checker) then proves that nothing was lost. See README.md.
package storm
