package chain

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/answer"
	"github.com/anteroom-chat/anteroom/bot/fold"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// Limits of what an assistant may do in one answer. What it says here may be what a
// visitor told it to say.
const (
	maxCallsOfTools = 10
	maxReason       = 300 // characters of the reason for which it calls a person
)

// obey does what the assistant wants done beside its words, as far as it may; the
// operators are told of the rest. Variables and tags come first, in their order.
// Then comes the first call that leads the conversation elsewhere, if there is one:
// led is true, and the calls behind it that would do so too are nobody's. spoke is
// whether the visitor reads anything of the answer.
func (a *assistant) obey(t *Turn, s *Step, calls []talk.Call, spoke bool) (o Outcome, led bool) {
	if len(calls) > maxCallsOfTools {
		t.Fault(s, "assistant_call", fmt.Errorf("the assistant %s wanted %d things done in one answer, of which the first %d count", a.Name, len(calls), maxCallsOfTools))
		calls = calls[:maxCallsOfTools]
	}
	var leading []talk.Call
	for _, c := range calls {
		err := a.may(t, c)
		switch {
		case err != nil:
			t.Fault(s, "assistant_call", fmt.Errorf("the assistant %s wanted to use the tool %q, and was not let: %w", a.Name, cut(string(c.Tool), maxShown), err))
		case c.Tool == talk.ToolSet:
			a.set(t, s, c)
		case c.Tool == talk.ToolTag:
			t.tag(a.tag(c.Name), false)
		default:
			leading = append(leading, c)
		}
	}
	if len(leading) == 0 {
		return Outcome{}, false
	}
	switch c := leading[0]; c.Tool {
	case talk.ToolHand:
		reason := strings.TrimSpace(cut(oneLine(printable(c.Value)), maxReason))
		return Outcome{Hand: &talk.Hand{Stop: true, Reason: reason}}, true
	case talk.ToolStart:
		return Outcome{To: t.Set.Chain(c.Name).Start()}, true
	default:
		if !spoke {
			t.Do(talk.Say{Text: goodbye(t.In.Facts.Language)})
		}
		t.Do(talk.Close{})
		return end(), true
	}
}

// may says why an assistant may not do what it wants; the error is a clause.
func (a *assistant) may(t *Turn, c talk.Call) error {
	allowed, of := false, ""
	switch c.Tool {
	case talk.ToolHand:
		allowed = a.HandOver
	case talk.ToolClose:
		allowed = a.Close
	case talk.ToolSet:
		allowed, of = slices.Contains(a.Variables, c.Name), "variable"
	case talk.ToolTag:
		allowed, of = a.tag(c.Name) != "", "tag"
	case talk.ToolStart:
		allowed, of = slices.Contains(a.Chains, c.Name) && t.Set.Chain(c.Name) != nil, "chain"
	default:
		return errors.New("there is no such tool")
	}
	switch {
	case allowed:
		return nil
	case of == "":
		return errors.New("its settings do not allow that")
	default:
		return fmt.Errorf("its settings do not name the %s %q", of, cut(c.Name, maxShown))
	}
}

// tag is one of those that it may put, as its settings write it; "" for any other.
func (a *assistant) tag(name string) string {
	for _, tag := range a.Tags {
		if fold.Fold(tag) == fold.Fold(name) {
			return tag
		}
	}
	return ""
}

// set gives a variable the value that the assistant says, if it is one of its type.
func (a *assistant) set(t *Turn, s *Step, c talk.Call) {
	kept, err := keepSaid(t, c.Name, strings.TrimSpace(printable(cut(c.Value, MaxText))))
	if err != nil { // the variable stays as it is
		t.Fault(s, "assistant_call", fmt.Errorf("the assistant %s gave the variable %s a value that it cannot have: %w", a.Name, c.Name, err))
		return
	}
	t.set(s, c.Name, kept)
}

// keepSaid turns what an assistant says into the form that a variable keeps. The
// contact's own are held to what a visitor could answer for them.
func keepSaid(t *Turn, name, said string) (string, error) {
	asked := map[string]talk.AskType{"email": talk.AskEmail, "phone": talk.AskPhone}
	typ, _ := t.Set.Names.TypeOf(name)
	switch {
	case said == "":
		return "", nil
	case asked[name] != "":
		got, err := answer.Read(answer.Question{Type: asked[name]}, talk.Event{Text: said}, situation(t))
		if err != nil {
			return "", fmt.Errorf("it is no %s", name)
		}
		return got.Value, nil
	case typ == value.Boolean && (said == "true" || said == "false"):
		return said, nil
	case typ == value.List && strings.HasPrefix(said, "["):
		var list []string
		if json.Unmarshal([]byte(said), &list) != nil {
			return "", errors.New("it is no list of texts")
		}
		return typ.Keep(list)
	default:
		return typ.Keep(said)
	}
}

// excuse says why a person is called because an assistant has no answer: a clause. What
// went wrong at an endpoint operators are told apart from that.
func (a *assistant) excuse(why talk.Failure) string {
	switch why {
	case talk.FailedRefused:
		return "the assistant " + a.Name + " did not want to answer"
	case talk.FailedUnknown:
		return "the assistant " + a.Name + " does not know the answer"
	case talk.FailedLimit:
		return "the assistant " + a.Name + " has answered as much as its limits allow"
	default:
		return "the assistant " + a.Name + " could not answer"
	}
}

// sorry is what the visitor reads, in Russian, Arabic or else English, if the site's owner
// has no words for it; calls is whether a person is called.
func sorry(why talk.Failure, calls bool, language string) string {
	english := map[talk.Failure][2]string{
		talk.FailedEndpoint: {"I cannot answer at the moment.", "Please try again a little later."},
		talk.FailedRefused:  {"I cannot help with that.", "Is there something else I can do for you?"},
		talk.FailedUnknown:  {"I do not know the answer to that.", "Could you put it in other words?"},
		talk.FailedLimit:    {"I have answered all I can for today.", "Please come back tomorrow."},
	}
	words := english
	switch spoken(language) {
	case russian:
		words = map[talk.Failure][2]string{
			talk.FailedEndpoint: {"Сейчас не получается ответить.", "Попробуйте, пожалуйста, чуть позже."},
			talk.FailedRefused:  {"С этим я помочь не могу.", "Могу помочь с чем-нибудь ещё?"},
			talk.FailedUnknown:  {"Ответа на это я не знаю.", "Попробуйте спросить другими словами."},
			talk.FailedLimit:    {"На сегодня мои ответы закончились.", "Возвращайтесь, пожалуйста, завтра."},
		}
	case arabic:
		words = map[talk.Failure][2]string{
			talk.FailedEndpoint: {"لا أستطيع الإجابة الآن.", "حاول مرة أخرى بعد قليل من فضلك."},
			talk.FailedRefused:  {"لا أستطيع المساعدة في هذا.", "هل من شيء آخر أساعدك فيه؟"},
			talk.FailedUnknown:  {"لا أعرف الإجابة عن هذا.", "هل يمكنك السؤال بكلمات أخرى؟"},
			talk.FailedLimit:    {"أجبت عن كل ما أستطيع اليوم.", "عد غدًا من فضلك."},
		}
	}
	said, known := words[why]
	if !known {
		said = words[talk.FailedEndpoint]
	}
	if calls {
		said[1] = passedOn(language)
	}
	return said[0] + " " + said[1]
}

// passedOn tells the visitor that a person is called.
func passedOn(language string) string {
	switch spoken(language) {
	case russian:
		return "Передаю ваш вопрос коллеге, ответ придёт сюда."
	case arabic:
		return "أحيل سؤالك إلى أحد الزملاء، وسيصلك الرد هنا."
	}
	return "I am passing your question on to a colleague, who answers here."
}

// goodbye tells the visitor that the dialog is closed.
func goodbye(language string) string {
	switch spoken(language) {
	case russian:
		return "Спасибо за обращение, я закрываю этот диалог. Если что-нибудь понадобится, напишите сюда."
	case arabic:
		return "شكرًا لتواصلك معنا. أغلق هذه المحادثة الآن، واكتب هنا متى احتجت إلى شيء آخر."
	}
	return "Thank you, I am closing this chat. Write here whenever you need anything else."
}
