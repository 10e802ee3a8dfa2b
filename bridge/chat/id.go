// Package chat is the vocabulary that every other package of the bridge
// speaks: identifiers, journal entries, authors, and errors that a person may
// see. It imports nothing else of ours.
//
// Identifiers and who mints them. Their stored form is permanent, because
// rooms, ghosts and aliases on homeservers carry it:
//
//   - SiteID: chosen by the admin in config.yaml; 1 to 32 of [a-z0-9-].
//   - VisitorID: minted by the store when a browser first says hello; it
//     names the visitor, the visitor's one dialog, the ghost
//     (@anteroom_<visitor>:domain) and the room alias
//     (#anteroom_<visitor>:domain). Random, never derived from the secret.
//   - EntryID: minted by the store at append; the Matrix transaction id and
//     the content key "chat.anteroom.id". Random, never derived from a counter.
//   - ClientID: minted by the widget; unique within one dialog only.
//   - FileID: minted by the store when an upload is announced or when an
//     operator's file arrives.
//   - DeliveryID: minted by the store when an alert that leaves the house is
//     queued; the receiver's webhook-id, or the first half of the Message-ID.
package chat

import (
	"crypto/rand"
	"encoding/base32"
	"regexp"
	"strings"
)

// SiteID names a site of the config.
type SiteID string

// VisitorID names a visitor and the visitor's dialog.
type VisitorID string

// EntryID names an entry of the journal.
type EntryID string

// ClientID is the key that the widget gives to what it sends.
type ClientID string

// FileID names a file of a dialog, whoever sent it.
type FileID string

// DeliveryID names an alert on its way to one address outside.
type DeliveryID string

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewVisitorID returns a random identifier of 16 characters (80 bits).
func NewVisitorID() VisitorID { return VisitorID(random(10)) }

// NewEntryID returns a random identifier of 26 characters (130 bits, of which 128 are random).
func NewEntryID() EntryID { return EntryID(random(16)) }

// NewFileID returns a random identifier of 26 characters.
func NewFileID() FileID { return FileID(random(16)) }

// NewDeliveryID returns a random identifier of 26 characters.
func NewDeliveryID() DeliveryID { return DeliveryID(random(16)) }

func random(bytes int) string {
	b := make([]byte, bytes)
	// crypto/rand.Read never fails: the runtime ends the program instead.
	_, _ = rand.Read(b)
	return lowerBase32.EncodeToString(b)
}

var (
	siteID    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	visitorID = regexp.MustCompile(`^[a-z2-7]{16}$`)
	longID    = regexp.MustCompile(`^[a-z2-7]{26}$`)
	clientID  = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)
)

// Valid reports whether the site's name may stand in URLs and aliases.
func (s SiteID) Valid() bool { return siteID.MatchString(string(s)) }

// Valid reports whether the id has the form that NewVisitorID gives.
func (v VisitorID) Valid() bool { return visitorID.MatchString(string(v)) }

// Valid reports whether the id has the form that NewEntryID gives.
func (e EntryID) Valid() bool { return longID.MatchString(string(e)) }

// Valid reports whether the id has the form that NewFileID gives.
func (f FileID) Valid() bool { return longID.MatchString(string(f)) }

// Valid reports whether the widget's key is 8 to 64 characters of base64url.
func (c ClientID) Valid() bool { return clientID.MatchString(string(c)) }

const prefix = "anteroom_"

// Localpart is the localpart of the visitor's ghost and of the room's alias.
func (v VisitorID) Localpart() string { return prefix + string(v) }

// VisitorOfLocalpart is the inverse of Localpart; false for any other localpart.
func VisitorOfLocalpart(localpart string) (VisitorID, bool) {
	rest, ok := strings.CutPrefix(localpart, prefix)
	v := VisitorID(rest)
	return v, ok && v.Valid()
}
