package desk

import (
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// key names a text that operators read.
type key string

// The texts; words_english.go and words_russian.go hold each of them.
const (
	// What is announced in the desk's room.
	opened            key = "opened"
	reopened          key = "reopened"
	unanswered        key = "unanswered"
	handedOver        key = "handed_over"
	handedOff         key = "handed_off"
	called            key = "called"
	calledEarly       key = "called_early"
	chainFault        key = "chain_fault"
	chainsGood        key = "chains_good"
	chainsWrong       key = "chains_wrong"
	chainsWrongOff    key = "chains_wrong_off"
	chainsLine        key = "chains_line"
	chainsMore        key = "chains_more"
	knowledgeGood     key = "knowledge_good"
	knowledgeWrong    key = "knowledge_wrong"
	knowledgeWrongOff key = "knowledge_wrong_off"
	knowledgeMore     key = "knowledge_more"
	assistantFails    key = "assistant_fails"
	assistantLame     key = "assistant_lame"
	assistantWorks    key = "assistant_works"
	handEndpoint      key = "hand_endpoint"
	handRefused       key = "hand_refused"
	handUnknown       key = "hand_unknown"
	handLimit         key = "hand_limit"
	limitVisitor      key = "limit_visitor"
	limitAddress      key = "limit_address"
	limitSite         key = "limit_site"
	ownerless         key = "ownerless"
	subjectOpened     key = "subject_opened"
	subjectReopened   key = "subject_reopened"
	subjectUnanswered key = "subject_unanswered"
	subjectHandedOver key = "subject_handed_over"
	subjectHandedOff  key = "subject_handed_off"
	subjectCalled     key = "subject_called"
	subjectEarly      key = "subject_early"
	mailLost          key = "mail_lost"
	webhookLost       key = "webhook_lost"
	erasedBy          key = "erased_by"
	expired           key = "expired"
	pageLine          key = "page_line"
	quote             key = "quote"
	goesOn            key = "goes_on"
	cameFrom          key = "came_from"
	signedIn          key = "signed_in"

	// Answers to commands that cannot be carried out.
	notAllowed      key = "not_allowed"
	noCommand       key = "no_command"
	noCommandInDesk key = "no_command_in_desk"
	didYouMean      key = "did_you_mean"
	seeHelp         key = "see_help"
	worksInDesk     key = "works_in_desk"
	worksInDialog   key = "works_in_dialog"
	usageLine       key = "usage"
	missing         key = "missing"
	tooLong         key = "too_long"
	tooMany         key = "too_many"
	badKey          key = "bad_key"
	noOperator      key = "no_operator"
	noVisitor       key = "no_visitor"
	noSuchName      key = "no_such_name"
	severalNamed    key = "several_named"
	badSwitch       key = "bad_switch"
	badSpan         key = "bad_span"
	badBlock        key = "bad_block"
	badPeriod       key = "bad_period"
	notRung         key = "not_rung"
	needless        key = "needless"
	forgetOther     key = "forget_other"

	helpInDialog key = "help_in_dialog"
	helpInDesk   key = "help_in_desk"

	// Answers to commands that were.
	renamed               key = "renamed"
	tagged                key = "tagged"
	taggedAlready         key = "tagged_already"
	untagged              key = "untagged"
	noSuchTag             key = "no_such_tag"
	setTo                 key = "set_to"
	unsetNow              key = "unset_now"
	noSuchKey             key = "no_such_key"
	assigned              key = "assigned"
	assignedAfter         key = "assigned_after"
	assignedAlready       key = "assigned_already"
	takenBy               key = "taken_by"
	closedNow             key = "closed_now"
	closedAlready         key = "closed_already"
	openNow               key = "open_now"
	openAlready           key = "open_already"
	blockedNow            key = "blocked_now"
	blockedAlready        key = "blocked_already"
	unblockedNow          key = "unblocked_now"
	unblockedAlready      key = "unblocked_already"
	exported              key = "exported"
	notExported           key = "not_exported"
	forgetAsks            key = "forget_asks"
	forgetStays           key = "forget_stays"
	forgetConfirm         key = "forget_confirm"
	forgetBefore          key = "forget_before"
	forgetAfter           key = "forget_after"
	blockedAddress        key = "blocked_address"
	blockedAddressAlready key = "blocked_address_already"
	noAddress             key = "no_address"
	addressStillBlocked   key = "address_still_blocked"
	unblockedAddress      key = "unblocked_address"
	closedSilent          key = "closed_silent"
	closedOpenFirst       key = "closed_open_first"
	noBot                 key = "no_bot"
	botIsOn               key = "bot_is_on"
	botIsOff              key = "bot_is_off"
	botOffUntil           key = "bot_off_until"
	botOffUntilClosed     key = "bot_off_until_closed"
	botOnNow              key = "bot_on_now"
	botOnAlready          key = "bot_on_already"
	botNothingToContinue  key = "bot_nothing_to_continue"
	botContinues          key = "bot_continues"
	noAssistant           key = "no_assistant"
	noSuchAssistant       key = "no_such_assistant"
	whichAssistant        key = "which_assistant"
	assistantTalks        key = "assistant_talks"
	noChains              key = "no_chains"
	chainNames            key = "chain_names"
	noSuchChain           key = "no_such_chain"
	chainRuns             key = "chain_runs"
	cannedNone            key = "canned_none"
	cannedHead            key = "canned_head"
	cannedLine            key = "canned_line"
	cannedUnknown         key = "canned_unknown"
	cannedNeeds           key = "canned_needs"
	cannedBlocked         key = "canned_blocked"
	cannedMoved           key = "canned_moved"
	cannedTooLong         key = "canned_too_long"
	awayNow               key = "away_now"
	backNow               key = "back_now"

	// What the assistant writes for operators.
	nothingToAnswer     key = "nothing_to_answer"
	nothingToSum        key = "nothing_to_sum"
	notWritten          key = "not_written"
	whyEndpoint         key = "why_endpoint"
	whyRefused          key = "why_refused"
	whyUnknown          key = "why_unknown"
	whyLimit            key = "why_limit"
	draftHow            key = "draft_how"
	draftMeaning        key = "draft_meaning"
	draftSources        key = "draft_sources"
	summaryHead         key = "summary_head"
	translateIsOn       key = "translate_is_on"
	translateIsOff      key = "translate_is_off"
	translateOnNow      key = "translate_on_now"
	translateOffNow     key = "translate_off_now"
	translateOffAlready key = "translate_off_already"
	needLanguage        key = "need_language"
	badLanguage         key = "bad_language"
	badTranslate        key = "bad_translate"
	toOperators         key = "to_operators"
	toVisitor           key = "to_visitor"
	untranslated        key = "untranslated"
	untranslatedThis    key = "untranslated_this"
	unread              key = "unread"
	unreadThis          key = "unread_this"

	// Lists of dialogs.
	openHead      key = "open_head"
	closedHead    key = "closed_head"
	foundHead     key = "found_head"
	listLine      key = "list_line"
	andMore       key = "and_more"
	nothingFound  key = "nothing_found"
	noneOpen      key = "none_open"
	noneClosed    key = "none_closed"
	roomLine      key = "room_line"
	statsToday    key = "stats_today"
	statsDays     key = "stats_days"
	statsVisitors key = "stats_visitors"
	statsMessages key = "stats_messages"
	statsAnswers  key = "stats_answers"
	statsStands   key = "stats_stands"
	statsOperator key = "stats_operator"

	// How far visitors come in chains.
	chainStatsHead key = "chain_stats_head"
	chainStatsLine key = "chain_stats_line"
	chainStatsNone key = "chain_stats_none"

	// The visitor's card.
	cardHead           key = "card_head"
	cardBlocked        key = "card_blocked"
	cardAddressBlocked key = "card_address_blocked"
	cardRating         key = "card_rating"
	cardBot            key = "card_bot"
	cardUnsubscribed   key = "card_unsubscribed"
	online             key = "online"
	offline            key = "offline"
	cardPage           key = "card_page"
	cardWaiting        key = "card_waiting"
	cardAnswer         key = "card_answer"
	cardAssignee       key = "card_assignee"
	cardTags           key = "card_tags"
	cardLanguage       key = "card_language"
	cardBrowser        key = "card_browser"
	cardReferrer       key = "card_referrer"
	cardPlace          key = "card_place"
	cardCampaign       key = "card_campaign"
	cardFirst          key = "card_first"
	cardVariable       key = "card_variable"
	cardSignedIn       key = "card_signed_in"
	cardBefore         key = "card_before"
	cardAfter          key = "card_after"

	// The visitor's history.
	historyHead   key = "history_head"
	historyVisit  key = "history_visit"
	historyPage   key = "history_page"
	historyMore   key = "history_more"
	historyNone   key = "history_none"
	historyDialog key = "history_dialog"
	historyOpen   key = "history_open"
	historyClosed key = "history_closed"

	statusNew         key = "status_new"
	statusOpen        key = "status_open"
	statusClosed      key = "status_closed"
	progressPending   key = "progress_pending"
	progressDelivered key = "progress_delivered"
	progressRead      key = "progress_read"
)

// subjectOf is the subject of the mail about an alert.
func subjectOf(k key) key { return "subject_" + k }

// causeOf is the clause that says what is wrong with an endpoint; it may have no text.
func causeOf(code string) key { return key("cause_" + code) }

// helpOf is the text that explains a command.
func helpOf(c command) key {
	if c.where == inDesk {
		return key("help_desk_" + c.name)
	}
	return key("help_" + c.name)
}

// say is a text in the site's language.
func (d *Desk) say(site *config.Site, k key, values markup.Values) markup.Text {
	return markup.Render(source(site.Language, k), values)
}

// word is a text that stands inside of others.
func (d *Desk) word(site *config.Site, k key) string { return source(site.Language, k) }

func source(language config.Language, k key) string {
	if language == config.Russian {
		if s, ok := russian()[k]; ok {
			return s
		}
	}
	return english()[k]
}
