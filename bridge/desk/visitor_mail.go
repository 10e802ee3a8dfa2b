package desk

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/chat/transcript"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Mailing tells the room, quietly, that a mail of that key goes to the visitor, and has the
// queue look for it. A copy that the visitor asked for is its own matter.
func (d *Desk) Mailing(ctx context.Context, site *config.Site, v store.Visitor, key string, o dialog.MailOrder) error {
	d.wakeQueue(ctx)
	if o.About != dialog.MailUnread {
		return nil
	}
	text := d.say(site, mailed, nil)
	return d.dialog.Notice(ctx, v.ID, "mailed:"+key, chat.Content{Text: text.Plain, HTML: text.HTML})
}

// mailGivenUp tells the visitor's room of a mail that could not be sent.
func (d *Desk) mailGivenUp(ctx context.Context, site *config.Site, lost store.Delivery, cause error) error {
	text := d.say(site, mailedLost, markup.Values{"cause": excerpt(cause.Error(), maxQuote)})
	return d.dialog.Notice(ctx, lost.Visitor, "mail lost:"+string(lost.ID), chat.Content{Text: text.Plain, HTML: text.HTML})
}

// mailFor is how long writing a letter may take.
const mailFor = 20 * time.Second

// composeMail writes a mail to a visitor. Its subject has nothing that a visitor wrote:
// nobody's mail server is to say strangers' words to others.
func (d *Desk) composeMail(ctx context.Context, delivery store.Delivery) (*notify.Letter, bool, error) {
	order, ours := dialog.ReadMailOrder(delivery)
	if !ours {
		return nil, false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, mailFor)
	defer cancel()
	l, wanted, err := d.dialog.Letter(ctx, delivery, order)
	if err != nil || !wanted {
		return nil, true, err
	}
	words := mailWordsOf(l.About.Language)
	about := l.About
	stop := d.ownLink(delivery.Site, "unsubscribe", about.Language, url.Values{"a": {l.Stop}})
	switch order.About {
	case dialog.MailUnread:
		about.Subject = fmt.Sprintf(words.unread, l.Site.Name)
		about.Before = []transcript.Line{{Text: words.unreadIntro}}
		about.After = []transcript.Line{
			{Text: words.open, URL: d.wayBack(l, order), Button: true},
			{Text: words.noAnswer, Small: true},
		}
		if !l.SignedIn {
			// Since the mail was queued, which may have waited for its server.
			until := delivery.Created.Add(time.Duration(l.Site.MailVisitors.LinkFor))
			about.After = append(about.After, transcript.Line{Text: fmt.Sprintf(words.once, transcript.Day(about, until)), Small: true})
		}
		about.After = append(about.After, transcript.Line{Text: words.stop, URL: stop, Small: true})
	case dialog.MailTranscript:
		about.Subject = fmt.Sprintf(words.transcript, l.Site.Name)
		about.Before = []transcript.Line{{Text: words.transcriptIntro}}
		about.After = []transcript.Line{{Text: words.noAnswer, Small: true}, {Text: words.notYou, URL: stop, Small: true}}
	default:
		return nil, true, fmt.Errorf("there is no mail about %q", order.About)
	}
	if l.More {
		about.Before = append(about.Before, transcript.Line{Text: words.more, Small: true})
	}
	var page, text strings.Builder
	messages := func(yield func(transcript.Message, error) bool) {
		for _, m := range l.Messages {
			if !yield(m, nil) {
				return
			}
		}
	}
	if err := transcript.HTML(&page, about, messages); err != nil {
		return nil, true, err
	}
	if err := transcript.Text(&text, about, messages); err != nil {
		return nil, true, err
	}
	return &notify.Letter{
		Subject: about.Subject, Text: text.String(), HTML: page.String(), Sender: l.Site.Name,
		ReplyTo: l.Site.MailVisitors.ReplyTo, Unsubscribe: stop,
	}, true, nil
}

// wayBack is where a mail leads: into the dialog by a link that stands behind the "#",
// which browsers send to nobody and no log keeps; or to the page where the visitor signs in.
func (d *Desk) wayBack(l dialog.Letter, o dialog.MailOrder) string {
	if o.Link != "" && !l.SignedIn {
		return d.ownLink(l.Site.ID, "back", string(l.Language), nil) + "#" + o.Link
	}
	if u, err := url.Parse(l.Visitor.Page.URL); err == nil && l.Site.AllowsOrigin(u.Scheme+"://"+u.Host) {
		u.Fragment, u.RawQuery, u.User = "", "", nil
		return u.String()
	}
	if i := slices.IndexFunc(l.Site.Origins, func(origin string) bool { return !strings.Contains(origin, "*") }); i >= 0 {
		return l.Site.Origins[i] + "/"
	}
	return d.cfg.Gateway.PublicURL
}

// ownLink is an address of the gateway's pages for who reads a mail.
func (d *Desk) ownLink(site chat.SiteID, page, language string, values url.Values) string {
	if values == nil {
		values = url.Values{}
	}
	values.Set("l", language)
	return strings.TrimSuffix(d.cfg.Gateway.PublicURL, "/") + "/v1/" + string(site) + "/" + page + "?" + values.Encode()
}

// mailWords are what mails to visitors say in one language.
type mailWords struct {
	// unread and transcript have the place of the site's name, once that of a date.
	unread, transcript           string
	unreadIntro, transcriptIntro string
	open, once, noAnswer         string
	stop, notYou, more           string
}

func mailWordsOf(language string) mailWords {
	switch language {
	case string(config.Russian):
		return mailWords{
			unread: "%s: вам ответили", transcript: "%s: ваша переписка",
			unreadIntro:     "Вам ответили, пока вас не было в чате:",
			transcriptIntro: "Вот переписка, которую вы попросили прислать.",
			open:            "Продолжить разговор",
			once:            "До %s ссылка один раз откроет вашу переписку. Не пересылайте это письмо: кто откроет её первым, увидит переписку.",
			noAnswer:        "Ответы на это письмо в чат не попадают.",
			stop:            "Больше не присылать ответы на почту",
			notYou:          "Вы этого не просили? Запретить письма на этот адрес",
			more:            "Более ранние сообщения в письмо не поместились. Всю переписку можно скачать в меню чата.",
		}
	case string(config.Arabic):
		return mailWords{
			unread: "%s: وصلك رد", transcript: "%s: محادثتك",
			unreadIntro:     "وصلك رد أثناء غيابك عن المحادثة:",
			transcriptIntro: "هذه هي المحادثة التي طلبت إرسالها.",
			open:            "متابعة المحادثة",
			once:            "يفتح الرابط محادثتك مرة واحدة، حتى %s. لا تُعد توجيه هذه الرسالة: من يفتحه أولًا يرى المحادثة.",
			noAnswer:        "الردود على هذه الرسالة لا تصل إلى المحادثة.",
			stop:            "إيقاف إرسال الردود بالبريد",
			notYou:          "لم تطلب ذلك؟ منع الرسائل إلى هذا العنوان",
			more:            "لم تتسع الرسالة للرسائل الأقدم. يمكن تنزيل المحادثة كاملة من قائمة المحادثة.",
		}
	default:
		return mailWords{
			unread: "%s: you have an answer", transcript: "%s: your conversation",
			unreadIntro:     "You were answered while you were away from the chat:",
			transcriptIntro: "This is the conversation that you asked for.",
			open:            "Continue the conversation",
			once:            "The link opens your conversation once, until %s. Do not forward this mail: whoever opens it first sees the conversation.",
			noAnswer:        "Answers to this mail do not reach the chat.",
			stop:            "Send me no more answers by e-mail",
			notYou:          "You did not ask for this? Forbid mails to this address",
			more:            "Earlier messages had no room in this mail. The menu of the chat downloads the whole conversation.",
		}
	}
}
