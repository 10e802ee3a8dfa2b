package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// machine looks at what the bridge needs of this machine.
func (c *checker) machine() {
	folder := filepath.Dir(c.cfg.Database.URI)
	switch free, ok := c.free("disk", folder); {
	case !ok:
	case free < store.LeastFree:
		c.fail("disk.full", "The disk of the database (%s) has %s left, and below %s the bridge takes no visitors: make room, or move the database (database.uri).", folder, free.Rounded(), config.Size(store.LeastFree).Rounded())
	case free < littleFree:
		c.note("disk.low", "The disk of the database (%s) has %s left, and nothing is kept when it is full: make room, or move the database (database.uri).", folder, free.Rounded())
	default:
		c.good("disk", "The disk of %s has %s left.", folder, free.Rounded())
	}
	folder, least := c.cfg.Gateway.DataDir, c.cfg.Gateway.Limits.FreeSpace
	switch free, ok := c.free("files_disk", folder); {
	case !ok:
	case free < least:
		c.fail("files_disk.full", "The disk of %s has %s left, and files are refused below %s (gateway.limits.free_space): make room, or move the folder.", folder, free.Rounded(), least.Rounded())
	default:
		c.good("files_disk", "The disk of %s has %s left.", folder, free.Rounded())
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err == nil && limit.Cur < fewDescriptors {
		c.note("open_files.few", "This shell allows %d, and each open chat holds one: give the bridge's service more (LimitNOFILE=65536).", limit.Cur)
	}
}

// free is what the disk of a folder has left, if it can be told.
func (c *checker) free(area, folder string) (config.Size, bool) {
	var disk unix.Statfs_t
	if err := unix.Statfs(existing(folder), &disk); err != nil {
		c.note(area+".untold", "%s cannot be looked at (%s).", folder, err)
		return 0, false
	}
	return config.Size(int64(disk.Bavail) * int64(disk.Bsize)), true // #nosec G115 -- no disk has so many bytes
}

// existing is a folder, or what is there above it: the bridge makes the rest.
func existing(folder string) string {
	for {
		above := filepath.Dir(folder)
		if _, err := os.Stat(folder); err == nil || above == folder {
			return folder
		}
		folder = above
	}
}

// chains reads the sites' chains as the bridge does.
func (c *checker) chains() {
	steps, well := 0, true
	for _, id := range slices.Sorted(maps.Keys(c.cfg.Sites)) {
		site := c.cfg.Sites[id]
		if site.Bot.Chains == "" {
			continue
		}
		set, faults := chain.Load(dialog.ChainsOf(site), dialog.ChainOptions(site, slices.Sorted(maps.Keys(site.Bot.Secrets))))
		if wrong := faults.Errors(); len(wrong) > 0 {
			well = false
			c.fail("chains.faults", "The chains of site %s in %s have %s, so the bot does not take them: after a start it is silent, and a running one goes on with what it had. The first is in %s: %s \"anteroom chains check\" shows all.",
				id, site.Bot.Chains, plural(len(wrong), "fault"), wrong[0].Pos, wrong[0].Text)
			continue
		}
		steps += len(set.Chains)
	}
	if well && steps > 0 {
		c.good("chains", "The bot can read them (%s).", plural(steps, "chain"))
	}
}

// backup tells how old the last one is.
func (c *checker) backup() {
	if _, err := os.Stat(c.cfg.Database.URI); err != nil {
		return // nothing is there that could be lost
	}
	data, err := os.ReadFile(backupNote(c.cfg))
	var last noted
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.note("backup.none", "None was taken by \"anteroom backup\" yet. If nothing else copies the database, have a timer take one each night.")
		return
	case err != nil || json.Unmarshal(data, &last) != nil || last.At.IsZero():
		c.note("backup.untold", "%s cannot be read, so it is not known when the last one was taken.", backupNote(c.cfg))
		return
	}
	if age := time.Since(last.At); age > backupOld {
		c.fail("backup.old", "The last one is %d days old (%s): see why the timer that takes them does not.", int(age.Hours()/24), last.Folder)
		return
	}
	at := last.At.Local().Format("2006-01-02 15:04")
	if oneDisk(last.Folder, filepath.Dir(c.cfg.Database.URI)) {
		c.note("backup.same_disk", "The last one, of %s, is in %s on the disk of the database: copy it to another machine, or both are lost together.", at, last.Folder)
		return
	}
	c.good("backup", "The last one was taken on %s (%s).", at, last.Folder)
}

func oneDisk(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false // carried away, as it should be
	}
	other, err := os.Stat(b)
	if err != nil {
		return false
	}
	x, ok := one.Sys().(*syscall.Stat_t)
	y, also := other.Sys().(*syscall.Stat_t)
	return ok && also && x.Dev == y.Dev
}

// database reads what waits, what was set aside and which rooms there are, beside a
// bridge that runs.
func (c *checker) database(ctx context.Context) (rooms siteRooms) {
	path := c.cfg.Database.URI
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.note("database.missing", "There is none at %s yet: the bridge makes it at its first start. If it was there before, database.uri names another place, or the file was removed: stop the bridge and bring the backup back.", path)
		return nil
	case err != nil:
		c.fail("database.unreadable", "%s cannot be looked at: %s. Run this as the bridge's user.", path, why(err))
		return nil
	}
	if other := unwritable(path); other != "" {
		c.fail("database.unwritable", "%s may not be written by this user, whom the bridge could not be then: run this as the bridge's user, or give the file to it (chown).", other)
		return nil
	}
	s, err := store.Beside(ctx, store.Options{Type: string(c.cfg.Database.Type), URI: path, Log: zerolog.Nop()})
	if err != nil {
		c.unread(path, err)
		return nil
	}
	defer func() { _ = s.Close() }()
	size := config.Size(info.Size())
	if size <= mostRead {
		found, err := s.Damage(ctx)
		if err == nil && found != "" {
			err = fmt.Errorf("%w: %s", store.ErrDamaged, firstLine(found))
		}
		if err != nil {
			c.unread(path, err)
			return nil
		}
	}
	c.good("database", "%s can be read and has %s.", path, size.Rounded())
	if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > largeLog {
		c.fail("database.large_log", "The database's log has %s and cannot be emptied, since somebody reads an old state of it: end other programs that have the database open.", config.Size(wal.Size()).Rounded())
	}
	if beside, err := s.Meta(ctx, store.MetaBeside); err == nil && beside != "" {
		c.note("database.beside", "It began while the homeserver had rooms of another database of this bridge, which are let be. If that one is still there, or a backup of it, stop the bridge and put it in the place of this one.")
	}
	c.backlogs(ctx, s)
	c.troubles(ctx, s)
	return c.siteRooms(ctx, s)
}

// unwritable is the first of a database's files, or its folder, that this user may not write.
func unwritable(path string) string {
	for _, file := range []string{path, path + "-wal", path + "-shm", path + ".lock", filepath.Dir(path)} {
		if err := unix.Access(file, unix.W_OK); errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS) {
			return file
		}
	}
	return ""
}

// unread says why a database cannot be read.
func (c *checker) unread(path string, err error) {
	switch {
	case errors.Is(err, store.ErrOlder):
		c.fail("database.older", "%s was written by an older version than this program: restart the bridge with this version, which brings it up to date.", path)
	case errors.Is(err, store.ErrNewer):
		c.fail("database.newer", "%s: %s.", path, err)
	case errors.Is(err, store.ErrDamaged):
		c.fail("database.damaged", "%s: %s. Stop the bridge, copy the file away, and bring the last backup back.", path, err)
	default:
		c.fail("database.unreadable", "%s cannot be read (%s): see whether it is the right file and this user may read it; if it is, stop the bridge and bring the last backup back.", path, err)
	}
}

// whenUnread is what to do where a database that can be opened cannot be read.
const whenUnread = "if something else has the database locked, as a backup by other means, end that; if not, stop the bridge and bring the last backup back"

func (c *checker) backlogs(ctx context.Context, s *store.Store) {
	waiting, err := s.Backlogs(ctx, c.cfg.Talking())
	if err != nil {
		c.fail("queues.unreadable", "What waits cannot be read (%s): %s.", err, whenUnread)
		return
	}
	late, other := false, ""
	for _, b := range waiting {
		age := time.Since(b.Oldest)
		advice, watched := map[store.QueueName]string{
			store.QueueOutbox:     "the homeserver is away or refuses them; the bridge's log says which",
			store.QueueInbox:      "operators' words do not reach visitors; the bridge's log says what fails",
			store.QueueBot:        "the chains have faults there, or its turns fail; the bridge's log says why",
			store.QueueAssistants: "their endpoints are very slow, or their answers cannot be kept; look at the line of assistants and at the bridge's log",
			store.QueueMails:      "the mail server does not take them; look at the line of mail",
			store.QueueWebhooks:   "their receivers do not answer; !webhooks in the desk's room says which",
			store.QueueErasures:   "the homeserver is away, the bot lacks power in a room, or there are more events than ten a second remove in a day; the bridge's log says which",
		}[b.Queue]
		switch {
		case !watched || b.Oldest.IsZero() || age <= lateAfter:
		case b.Queue == store.QueueErasures && age <= erasedAfter:
			other = " else"
			c.note("queues.erasures", "%s still to be removed from the homeserver, the first for %s: ten events a second go, and none while it is away.", isOrAre(b.Length, "visitor"), age.Round(time.Second))
		default:
			late = true
			c.fail("queues."+string(b.Queue), "%d wait in %s, the oldest for %s: %s.", b.Length, b.Queue, age.Round(time.Second), advice)
		}
	}
	if !late {
		c.good("queues", "Nothing%s waits for longer than %d minutes.", other, int(lateAfter.Minutes()))
	}
}

func (c *checker) troubles(ctx context.Context, s *store.Store) {
	troubles, err := s.Troubles(ctx, time.Now().Add(-refusedLately))
	if err != nil {
		c.fail("set_aside.unreadable", "What was set aside cannot be read (%s): %s.", err, whenUnread)
		return
	}
	for _, t := range troubles {
		cause := strings.TrimSuffix(firstLine(t.Cause), ".")
		switch t.Of {
		case "entries":
			if t.Count == 0 {
				c.note("set_aside.entries", "The homeserver refused %s for good, none of them of the last %d days, most of them so: %s. Their rooms were told.", plural(int(t.Before), "message"), days(refusedLately), cause)
				continue
			}
			c.fail("set_aside.entries", "The homeserver refused %s for good, most of them so: %s. Their rooms were told; say them again there.", plural(int(t.Count), "message"), cause)
		case "events":
			if t.Count == 0 {
				c.note("set_aside.events", "%s could not be converted, none of them of the last %d days, most of them so: %s. Their rooms were told.", plural(int(t.Before), "event"), days(refusedLately), cause)
				continue
			}
			c.fail("set_aside.events", "%s could not be converted, most of them so: %s. Their rooms were told; please report it.", plural(int(t.Count), "event"), cause)
		default:
			c.fail("set_aside."+t.Of+"s", "%s given up, one of them so: %s. Webhooks can be tried again by !webhooks in the desk's room.", wasOrWere(t.Count, t.Of), cause)
		}
	}
	if len(troubles) == 0 {
		c.good("set_aside", "Nothing was set aside or given up.")
	}
}

func days(d time.Duration) int { return int(d.Hours() / 24) }

func wasOrWere(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun + " was"
	}
	return plural(int(n), noun) + " were"
}

func isOrAre(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return plural(int(n), noun) + " are"
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
