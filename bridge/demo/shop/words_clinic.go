package shop

func clinicWords() map[string]text {
	return map[string]text{
		"clinic.name":    {"Linden Clinic", "Клиника «Липа»"},
		"clinic.tagline": {"A general practice on Garden Street", "Семейная клиника на Садовой улице"},
		"clinic.title":   {"See a doctor this week.", "К врачу на этой неделе."},
		"clinic.lead": {
			"Three doctors, one front door and no waiting room full of strangers. Write in the chat: it takes your request for an appointment in a minute, also at night.",
			"Три врача, одна дверь и никаких очередей. Напишите в чат: он за минуту примет запись на приём, даже ночью.",
		},
		"clinic.ask":        {"Ask the reception", "Спросить регистратуру"},
		"clinic.doctors":    {"Who sees you", "Кто принимает"},
		"clinic.gp":         {"General practitioner", "Терапевт"},
		"clinic.gp.text":    {"Coughs, blood pressure, whatever has been bothering you for too long.", "Кашель, давление и всё, что беспокоит слишком долго."},
		"clinic.gp.price":   {"First visit €60, further ones €40", "Первый приём 2500 ₽, повторный 1800 ₽"},
		"clinic.dent":       {"Dentist", "Стоматолог"},
		"clinic.dent.text":  {"Gentle, and explains each step before it happens.", "Бережно, и каждый шаг объяснит заранее."},
		"clinic.dent.price": {"Check-up €50, filling from €90", "Осмотр 1500 ₽, пломба от 4500 ₽"},
		"clinic.eye":        {"Eye specialist", "Офтальмолог"},
		"clinic.eye.text":   {"From the first glasses to tired eyes after a day of screens.", "От первых очков до усталых глаз после дня за экраном."},
		"clinic.eye.price":  {"Check-up and glasses €70", "Приём и подбор очков 3000 ₽"},
		"clinic.open":       {"Open", "Часы работы"},
		"clinic.week":       {"Monday to Friday", "Понедельник – пятница"},
		"clinic.sat":        {"Saturday", "Суббота"},
		"clinic.sun":        {"Sunday", "Воскресенье"},
		"clinic.closed":     {"closed", "закрыто"},
		"clinic.where":      {"Garden Street 5", "Садовая улица, 5"},
		"clinic.way":        {"Two minutes from the station, ground floor, no steps.", "Две минуты от станции, первый этаж, без ступеней."},
		"clinic.emergency":  {"In an emergency call 112. A chat is too slow for that.", "Если нужна срочная помощь, звоните 112. Чат для этого слишком медленный."},
		"clinic.made-up":    {"A made-up clinic that shows Anteroom, a website chat answered from Matrix.", "Выдуманная клиника, чтобы показать Anteroom — чат для сайта, где отвечают из Matrix."},
	}
}
