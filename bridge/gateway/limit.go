package gateway

import (
	"math"
	"net/netip"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sys/unix"
	"golang.org/x/time/rate"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/quota"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// limits are all that a visitor or an address is measured by.
type limits struct {
	// frames holds any frame back; it refuses none.
	frames   *quota.Buckets[chat.VisitorID]
	messages *quota.Buckets[chat.VisitorID]
	uploads  *quota.Buckets[chat.VisitorID]
	// events are what pages tell the bot.
	events *quota.Buckets[chat.VisitorID]
	// transcripts are whole dialogs that are read for a visitor.
	transcripts *quota.Buckets[chat.VisitorID]
	// mails are those that visitors ask for.
	mails *quota.Addresses
	// hellos counts all visitors who come, also by an exchange; sessions only the
	// new ones, so that an office behind one address can reload its pages.
	hellos      *quota.Addresses
	sessions    *quota.Addresses
	dialogs     *quota.Addresses
	siteDialogs *quota.Buckets[chat.SiteID]
	// uploadBytes holds an address to its share of the disk, however many
	// visitors it makes.
	uploadBytes *quota.Addresses

	visitorSockets *quota.Counter[chat.VisitorID]
	addressSockets *quota.AddressCounter
	transfers      *quota.Counter[chat.FileID]
	// downloads are files and pictures on their way to an address: by themselves, so that
	// pictures that load keep no window out, nor open windows pictures.
	downloads *quota.AddressCounter
	// moving are all files on their way, in or out.
	moving *semaphore.Weighted

	// turns are what may wait while others are in the middle of a talk, see inTurn.
	turns *quota.Turns

	// bodies is the memory for what comes in, answers that for what waits to leave, pages
	// that for transcripts.
	bodies, answers, pages *memory
}

const (
	// framesPerSecond and framesBurst are far above what a person causes; they
	// keep a script from asking the database without a pause.
	framesPerSecond = 20
	framesBurst     = 200
	// framesOfPage and framesOfRefusal are what a question for a page of the history, and
	// a frame that comes too fast, count for beside themselves: they are more work, and no
	// widget sends many.
	framesOfPage    = 4
	framesOfRefusal = 9
	// eventsPerMinute and eventsBurst are what a page may tell the bot of one visitor.
	eventsPerMinute = 30
	eventsBurst     = 20
	// transcriptsPerHour is what a visitor may download of its own dialog.
	transcriptsPerHour = 20
	// mailsPerHour is how often mails are asked for from an address.
	mailsPerHour = 20
	// hellosWithin is the time in which as many hellos may come as an address may
	// hold connections; twice as many may come at once, as after a restart. An
	// exchange is a connection that says hello again when it has news.
	hellosWithin = 10 * time.Second
	// transfersOfAFile may be under way at once: one that broke off unnoticed,
	// and the one that comes again. Each may fill the disk with what was announced.
	transfersOfAFile = 2
	// leastDownloads may leave for an address wherever there are descriptors enough: all
	// pictures of a page of the history, and of its operators, at once.
	leastDownloads = 2 * pageSize
	// sparedDescriptors are for all that is no connection of visitors and no file of theirs.
	sparedDescriptors = 512
	// leastMoving files may be on their way in any case, of those spared.
	leastMoving = 200
)

// filesAtOnce is how many files may be on their way: each holds a descriptor beside that of
// its connection, for as long as the other side is slow, and without one the bridge could
// not even open its database.
func filesAtOnce(connections int, descriptors uint64) int64 {
	free := int64(min(descriptors, math.MaxInt32)) - int64(connections) - sparedDescriptors // #nosec G115 -- it is small
	return max(leastMoving, min(int64(connections), free))
}

// descriptors are those that the system allows.
func descriptors() uint64 {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return math.MaxUint64
	}
	return files.Cur
}

// newLimits are those of the config; talks reports whether somebody is in the middle of a talk.
func newLimits(l config.Limits, talks func() bool) limits {
	perMinute := func(n int) rate.Limit { return rate.Limit(float64(n) / time.Minute.Seconds()) }
	perHour := func(n int) rate.Limit { return rate.Limit(float64(n) / time.Hour.Seconds()) }
	moving := filesAtOnce(l.Connections, descriptors())
	return limits{
		downloads: quota.NewAddressCounter(min(max(l.SocketsPerAddress, leastDownloads), int(moving/2))),
		moving:    semaphore.NewWeighted(moving),

		frames:         quota.NewBuckets[chat.VisitorID](framesPerSecond, framesBurst),
		messages:       quota.NewBuckets[chat.VisitorID](perMinute(l.MessagesPerMinute), l.MessagesBurst),
		uploads:        quota.NewBuckets[chat.VisitorID](perHour(l.UploadsPerHour), l.UploadsPerHour),
		events:         quota.NewBuckets[chat.VisitorID](perMinute(eventsPerMinute), eventsBurst),
		mails:          quota.NewAddresses(perHour(mailsPerHour), mailsPerHour),
		transcripts:    quota.NewBuckets[chat.VisitorID](perHour(transcriptsPerHour), transcriptsPerHour/2),
		hellos:         quota.NewAddresses(rate.Limit(float64(l.SocketsPerAddress)/hellosWithin.Seconds()), 2*l.SocketsPerAddress),
		sessions:       quota.NewAddresses(perMinute(l.SessionsPerMinute), l.SessionsPerMinute),
		dialogs:        quota.NewAddresses(perHour(l.DialogsPerHour), l.DialogsPerHour),
		siteDialogs:    quota.NewBuckets[chat.SiteID](perHour(l.SiteDialogsPerHour), l.SiteDialogsPerHour),
		uploadBytes:    quota.NewAddresses(perHour(tokens(l.UploadBytesPerHour)), tokens(l.UploadBytesPerHour)),
		visitorSockets: quota.NewCounter[chat.VisitorID](l.SocketsPerVisitor),
		addressSockets: quota.NewAddressCounter(l.SocketsPerAddress),
		transfers:      quota.NewCounter[chat.FileID](transfersOfAFile),
		turns:          newTurns(talks),
		bodies:         newMemory(bodiesAtOnce, "Too much is being sent from here at once.", "Too much is being sent at the moment; please try again."),
		answers:        newMemory(answersAtOnce, leavingToOne, leavingToAll),
		pages:          newMemory(transcriptsAtOnce, leavingToOne, leavingToAll),
	}
}

// tokens are the bytes of a size, one each.
func tokens(s config.Size) int { return int(min(int64(s), math.MaxInt)) }

// tooFast is the refusal of every rate; text says what there was too much of.
func tooFast(text string, wait time.Duration) error {
	return chat.Errorf(chat.CodeTooFast, "%s", text).After(max(wait, time.Millisecond))
}

// tooManySockets is the refusal of both counters. A tab that closes makes room.
func tooManySockets() error {
	return chat.Errorf(chat.CodeTooManySockets, "There are too many connections open from here.").After(30 * time.Second)
}

// tooManyMoving is the refusal of all files together.
func tooManyMoving() error {
	return chat.Errorf(chat.CodeUnavailable, "Too many files are on their way at the moment; please try again.").After(unavailableFor)
}

// crowded takes the refusal of an address that met one of its limits, and says in the log,
// every ten minutes, that there was one. One of our own network is most likely that of a proxy
// which is not trusted, so that all visitors are one to us. No address is named.
func (g *Gateway) crowded(address netip.Addr, refusal error) error {
	text := "An address has met its limit and is refused; if many visitors share one, as in a company, raise gateway.limits"
	if !address.IsValid() || address.IsLoopback() || address.IsPrivate() || address.IsLinkLocalUnicast() {
		text = "An address of your own network has met its limit and is refused; if it is your reverse proxy's, add it to gateway.trusted_proxies"
	}
	if g.outages.isDue(text, time.Now()) {
		g.log.Warn().Err(refusal).Msg(text)
	}
	return refusal
}

// busy takes the refusal of a site that met its limit of new dialogs, and says in the log,
// every ten minutes, that there was one: it is the same to visitors as typing too fast, and
// nobody else would notice that no new ones get through.
func (g *Gateway) busy(site chat.SiteID, refusal error) error {
	text := "A site has met its limit of new dialogs, and all new visitors are refused; if it is no attack, raise gateway.limits.site_dialogs_per_hour"
	if g.outages.isDue(string(site)+": "+text, time.Now()) {
		g.log.Warn().Str(trail.Site, string(site)).Err(refusal).Msg(text)
	}
	return refusal
}
