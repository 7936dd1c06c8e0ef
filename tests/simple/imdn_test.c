/* Receipts: what is read out of a document, and what is written. */
#include "simple/doc/imdn.h"

#include "wire.h"

#define DOC(inside)                                                                 \
    "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>34jk324j</message-id>" \
    "<datetime>2001-07-23T14:00:05Z</datetime>" inside "</imdn>"
#define DELIVERY(word) \
    DOC("<delivery-notification><status><" word "/></status></delivery-notification>")
#define PROCESSING(word) \
    DOC("<processing-notification><status><" word "/></status></processing-notification>")

static const struct {
    const char *what, *document;
    enum err e;
    enum imdn_status status;
} documents[] = {
    {"delivered", DELIVERY("delivered"), OK, IMDN_DELIVERED},
    {"failed", DELIVERY("failed"), OK, IMDN_FAILED},
    {"forbidden", DELIVERY("forbidden"), OK, IMDN_FAILED},
    {"error", DELIVERY("error"), OK, IMDN_FAILED},
    {"stored", PROCESSING("stored"), OK, IMDN_STORED},
    {"processed is not the end", PROCESSING("processed"), OK, IMDN_OTHER},
    {"displayed", DOC("<display-notification><status><displayed/></status></display-notification>"),
     OK, IMDN_OTHER},
    {"a word that is not known", DELIVERY("lost"), OK, IMDN_OTHER},
    {"no notification", DOC(""), OK, IMDN_OTHER},
    {"more than is known",
     DOC("<subject>x</subject><delivery-notification><status><failed/></status>"
         "</delivery-notification>"),
     OK, IMDN_FAILED},
    {"no message-id", "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"/>", ERR_SYNTAX, IMDN_OTHER},
    {"another document", "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"/>", ERR_SYNTAX,
     IMDN_OTHER},
    {"not XML", "delivered", ERR_SYNTAX, IMDN_OTHER},
};

static void a_receipt_says_what_became_of_which_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        struct imdn is;
        struct arena a = {0};

        if (imdn_parse(span_str(documents[i].document), &a, &is) != documents[i].e ||
            is.status != documents[i].status)
            fail_msg("%s: %d", documents[i].what, is.status);
        if (documents[i].e == OK)
            assert_true(span_is(is.message_id, "34jk324j") &&
                        span_is(is.datetime, "2001-07-23T14:00:05Z"));
        arena_fini(&a);
    }
}

static void what_is_written_reads_back_the_same(void **state)
{
    (void)state;
    for (enum imdn_status s = IMDN_DELIVERED; s <= IMDN_STORED; s++) {
        struct imdn is = {.message_id = SPAN("<&>"),
                          .datetime = SPAN("x"),
                          .recipient_uri = SPAN("im:a&b@c"),
                          .status = s};
        struct imdn again;
        struct arena a = {0};
        struct buf b = {0};

        imdn_print(&b, &is);
        assert_int_equal(imdn_parse(buf_span(&b), &a, &again), OK);
        assert_true(again.status == s && span_is(again.message_id, "<&>"));
        buf_fini(&b);
        arena_fini(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_says_what_became_of_which_message),
        cmocka_unit_test(what_is_written_reads_back_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
