// Package killpoint names the places where a sudden end of the process would
// hurt most. In an ordinary build Reach does nothing; with the build tag
// "killpoints" the process ends itself there by SIGKILL when the environment
// asks for it, which is how the tests prove that nothing is lost.
package killpoint

// Env holds "point" or "point:n": the process ends itself the n-th time (1 if
// not said) that it reaches that point.
const Env = "ANTEROOM_KILL_AT"

// Point is a place right before or after something became durable.
type Point string

// The durable steps of the ways in and back.
const (
	BeforeAppend   Point = "before-append"  // somebody said something, nothing of it is stored
	AfterAppend    Point = "after-append"   // it is in the journal, nobody was told
	BeforeSend     Point = "before-send"    // the sender is about to PUT
	AfterSend      Point = "after-send"     // the homeserver has it, we have not recorded that
	AfterSettle    Point = "after-settle"   // recorded
	BeforeStore    Point = "before-store"   // a transaction was read, nothing stored
	AfterStore     Point = "after-store"    // stored, not answered
	BeforeConvert  Point = "before-convert" // about to become an entry
	AfterConvert   Point = "after-convert"  // is an entry
	BeforeCreate   Point = "before-create"  // about to create a room
	AfterCreate    Point = "after-create"   // the room exists, we have not recorded it
	AfterRoomKnown Point = "after-room"     // recorded, operators not invited
	AfterUpload    Point = "after-upload"   // media is on the homeserver, not recorded
)

// The steps of the bot, which only sites with chains reach.
const (
	BeforeTurn    Point = "before-turn"    // a turn was computed, nothing of it is stored
	AfterTurn     Point = "after-turn"     // it is kept, nobody was told
	BeforeRequest Point = "before-request" // a chain's request is about to be made
	AfterRequest  Point = "after-request"  // it was answered, we have not recorded that
)

// Turns lists the points of the bot.
func Turns() []Point { return []Point{BeforeTurn, AfterTurn, BeforeRequest, AfterRequest} }

// The steps of an assistant's answer, which only sites with assistants reach.
const (
	BeforeAnswer Point = "before-answer" // an assistant is about to be asked
	DuringAnswer Point = "during-answer" // a piece of the answer came, nobody was shown it
	AfterAnswer  Point = "after-answer"  // the answer is complete, nothing of it is stored
	BeforeCut    Point = "before-cut"    // somebody cuts it short, nothing of it is stored
)

// Answers lists the points of an assistant's answer.
func Answers() []Point { return []Point{BeforeAnswer, DuringAnswer, AfterAnswer, BeforeCut} }

// The steps of what an assistant writes for operators.
const (
	BeforeErrand Point = "before-errand" // an errand was taken, nobody was asked
	AfterErrand  Point = "after-errand"  // it is written, we have not recorded that
)

// The steps of a mail to a visitor.
const (
	BeforeMail    Point = "before-mail"     // a mail is due, nothing of it is stored
	AfterMail     Point = "after-mail"      // it is queued, nobody sends it yet
	AfterMailSent Point = "after-mail-sent" // the mail server has it, we have not recorded that
)

// The steps of what a visitor asks for beside the talk.
const (
	BeforeMailWish Point = "before-mail-wish" // it says what it wants of mails, nothing of it is stored
	AfterMailWish  Point = "after-mail-wish"  // it is kept, nobody was told
	BeforeEnter    Point = "before-enter"     // it enters, nothing of it is stored
	AfterEnter     Point = "after-enter"      // it is kept with what it agreed to, nobody was told
)

// Mails lists the points of a mail to a visitor.
func Mails() []Point { return []Point{BeforeMail, AfterMail, AfterMailSent} }

// The steps of an erasure, which no other way reaches.
const (
	BeforeErase Point = "before-erase" // a visitor is erased, nothing of it is stored
	AfterErase  Point = "after-erase"  // it is gone from the database, nobody was told
	Erasing     Point = "erasing"      // the homeserver has taken a step, we have not recorded that
)

// All lists the points of the ways in and back, for tests that visit each.
func All() []Point {
	return []Point{
		BeforeAppend, AfterAppend, BeforeSend, AfterSend, AfterSettle, BeforeStore, AfterStore,
		BeforeConvert, AfterConvert, BeforeCreate, AfterCreate, AfterRoomKnown, AfterUpload,
	}
}

// The steps in which dialogs move between spaces, which few rooms see.
const (
	AfterBucket  Point = "after-bucket"  // a space exists, we have not recorded it
	AfterList    Point = "after-list"    // a space lists a room, we have not recorded that
	AfterUnlist  Point = "after-unlist"  // a space does not list a room any more, we have not recorded that
	AfterArchive Point = "after-archive" // somebody was taken out of a room, we have not recorded that
)

// Limit is the environment variable that lowers a limit which no config has, in
// the build for tests: they reach it with few rooms and in little time.
type Limit string

// The limits.
const (
	BucketChildren Limit = "ANTEROOM_BUCKET_CHILDREN" // rooms that a bucket may ever list
	ArchivePace    Limit = "ANTEROOM_ARCHIVE_PACE"    // milliseconds between two that are taken out of rooms
	ExpireAfter    Limit = "ANTEROOM_EXPIRE_AFTER"    // milliseconds with a homeserver before anything is erased for its age
	TransferStall  Limit = "ANTEROOM_TRANSFER_STALL"  // milliseconds in which nothing of a file comes on
)

// Clock is the environment variable that names a file, in the build for tests: how many
// milliseconds the bridge's clock is ahead.
const Clock = "ANTEROOM_CLOCK"

// Pages is the environment variable that names a file, in the build for tests: how many
// pages the database may have (SQLite, PRAGMA max_page_count).
const Pages = "ANTEROOM_PAGES"

// Profiles is the environment variable that names a folder, in the build for tests: there
// the bridge writes its profiles when it stops.
const Profiles = "ANTEROOM_PROFILES"

// The profiles, in the format of "go tool pprof".
const (
	CPUProfile  = "cpu.pprof"
	HeapProfile = "heap.pprof"
)
