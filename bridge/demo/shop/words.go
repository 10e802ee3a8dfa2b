package shop

import "maps"

// words are the texts of the pages by the keys that the templates use.
func words() map[string]text {
	all := shopWords()
	maps.Copy(all, clinicWords())
	maps.Copy(all, softwareWords())
	return all
}

func shopWords() map[string]text {
	return map[string]text{
		"shop":         {"Glina", "Глина"},
		"tagline":      {"Tableware from a small kiln", "Посуда из маленькой печи"},
		"skip":         {"To the content", "К содержанию"},
		"menu":         {"Menu", "Меню"},
		"nav.products": {"Shop", "Магазин"},
		"nav.gallery":  {"Glazes", "Глазури"},
		"nav.delivery": {"Delivery", "Доставка"},
		"nav.contact":  {"Contact", "Контакты"},
		"nav.cart":     {"Cart", "Корзина"},
		"switch":       {"По-русски", "In English"},
		"account.name": {"Mia Kern", "Мия Керн"},
		"account.in":   {"Sign in", "Войти"},
		"account.out":  {"Sign out", "Выйти"},

		"home.title": {"Plain clay, quiet colours, every day.", "Простая глина, тихие цвета, каждый день."},
		"home.lead": {
			"Two people, one wheel and a kiln the size of a wardrobe. We make thirty pieces a week and know each of them by sight.",
			"Два человека, один круг и печь размером со шкаф. Мы делаем тридцать вещей в неделю и каждую знаем в лицо.",
		},
		"home.go":         {"See what came out of the kiln", "Что вышло из печи"},
		"home.glazes":     {"Our glazes", "Наши глазури"},
		"home.fresh":      {"Fresh from the kiln", "Только из печи"},
		"home.how":        {"How it is made", "Как это делается"},
		"home.how1":       {"Thrown", "На круге"},
		"home.how1.text":  {"Each piece is thrown on the wheel, trimmed the next day, and dried for a week under cloth.", "Каждая вещь вытянута на круге, на другой день обточена и неделю сохнет под тканью."},
		"home.how2":       {"Fired twice", "Два обжига"},
		"home.how2.text":  {"Once at 950°, so that it can be glazed, and once at 1,240°, so that it lasts.", "Первый при 950°, чтобы легла глазурь, второй при 1240°, чтобы служила долго."},
		"home.how3":       {"Packed in straw", "В соломе"},
		"home.how3.text":  {"No plastic. If a piece arrives broken, write to us and a new one is on its way.", "Без пластика. Если вещь разбилась в пути, напишите нам, и мы отправим новую."},
		"products.title":  {"Shop", "Магазин"},
		"products.lead":   {"Six shapes that we make all year. Colours differ a little from piece to piece, as faces do.", "Шесть форм, которые мы делаем круглый год. Цвет у каждой вещи чуть свой, как лицо."},
		"product.add":     {"Add to cart", "В корзину"},
		"product.added":   {"Added", "В корзине"},
		"product.size":    {"Size", "Размер"},
		"product.care":    {"Care", "Уход"},
		"product.ships":   {"Ships", "Отправка"},
		"product.when":    {"In 2 or 3 days", "Через 2–3 дня"},
		"product.ask":     {"Not sure about a size or colour? Ask us in the chat: we have the piece on the shelf.", "Сомневаетесь в размере или цвете? Спросите в чате: вещь стоит у нас на полке."},
		"product.more":    {"It goes well with", "Хорошо сочетается"},
		"product.all":     {"All pieces", "Все вещи"},
		"gallery.title":   {"Glazes", "Глазури"},
		"gallery.lead":    {"Choose a colour and see it on the shelf.", "Выберите цвет и посмотрите на него на полке."},
		"gallery.choose":  {"Colours", "Цвета"},
		"delivery.title":  {"Delivery", "Доставка"},
		"delivery.lead":   {"We pack on Mondays and Thursdays.", "Мы упаковываем по понедельникам и четвергам."},
		"delivery.where":  {"Where", "Куда"},
		"delivery.time":   {"How long", "Сколько идёт"},
		"delivery.cost":   {"Cost", "Цена"},
		"delivery.1":      {"Pick up at the studio", "Забрать в мастерской"},
		"delivery.1.time": {"The same day", "В тот же день"},
		"delivery.1.cost": {"Free", "Бесплатно"},
		"delivery.2":      {"In the city, by bicycle", "По городу, на велосипеде"},
		"delivery.2.time": {"1 or 2 days", "1–2 дня"},
		"delivery.2.cost": {"€4", "300 ₽"},
		"delivery.3":      {"In the country, by post", "По стране, почтой"},
		"delivery.3.time": {"3 to 5 days", "3–5 дней"},
		"delivery.3.cost": {"€7, free from €90", "500 ₽, от 8 000 ₽ бесплатно"},
		"delivery.4":      {"Anywhere else", "В другие края"},
		"delivery.4.time": {"1 to 3 weeks", "1–3 недели"},
		"delivery.4.cost": {"Ask in the chat", "Спросите в чате"},
		"delivery.broken": {"Broken on the way?", "Разбилось в пути?"},
		"delivery.broken.text": {
			"It happens to one parcel in two hundred. Send a photo in the chat: we need no form and no receipt, and a new piece leaves with the next post.",
			"Это случается с одной посылкой из двухсот. Пришлите фото в чат: ни анкеты, ни чека не нужно, новая вещь уйдёт с ближайшей почтой.",
		},
		"delivery.back":      {"Changed your mind?", "Передумали?"},
		"delivery.back.text": {"Send it back within 30 days. We pay the postage and ask nothing.", "Верните в течение 30 дней. Пересылку оплатим мы и ни о чём не спросим."},

		"contact.title":      {"Contact", "Контакты"},
		"contact.lead":       {"The quickest way is the chat in the corner: it rings right beside the wheel.", "Быстрее всего — чат в углу страницы: он звонит прямо у гончарного круга."},
		"contact.studio":     {"Studio", "Мастерская"},
		"contact.address":    {"12 Kiln Lane, second yard, green door", "Печной переулок, 12, второй двор, зелёная дверь"},
		"contact.hours":      {"Open", "Открыто"},
		"contact.hours.text": {"Tuesday to Saturday, 11 to 19", "Вторник – суббота, с 11 до 19"},
		"contact.classes":    {"Classes", "Занятия"},
		"contact.classes.text": {
			"Sundays at noon, four people, two hours, clay up to the elbows.",
			"По воскресеньям в полдень: четыре человека, два часа, руки в глине по локоть.",
		},
		"contact.mail": {"Post", "Почта"},

		"cart.title":    {"Cart", "Корзина"},
		"cart.empty":    {"Nothing here yet.", "Здесь пока пусто."},
		"cart.pieces":   {"Pieces", "Штук"},
		"cart.less":     {"One less", "Убрать одну"},
		"cart.more":     {"One more", "Добавить одну"},
		"cart.total":    {"Together", "Вместе"},
		"cart.note":     {"Postage is added at the next step.", "Доставку посчитаем на следующем шаге."},
		"cart.order":    {"Order", "Заказать"},
		"cart.later":    {"Not today", "Не сегодня"},
		"cart.made-up":  {"This shop is made up, so nothing is sold here. But do ask in the chat!", "Этот магазин выдуман, здесь ничего не продают. Зато в чате ответят!"},
		"missing.title": {"This page is broken", "Эта страница разбилась"},
		"missing.lead":  {"It happens to one in two hundred.", "Это случается с одной из двухсот."},

		"footer.more":    {"More made-up sites:", "Другие выдуманные сайты:"},
		"footer.made-up": {"A made-up shop that shows Anteroom, a website chat answered from Matrix.", "Выдуманный магазин, чтобы показать Anteroom — чат для сайта, где отвечают из Matrix."},
	}
}
