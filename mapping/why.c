#include "mapping/why.h"

/* NAME and DOMAIN are filled in. What is missing here has words of its own in outcome.def. */
static const char *const words[OUTCOME__COUNT] = {
    [OUTCOME_BAD_ADDRESS] = "NAME is not an address that anybody has",
    [OUTCOME_NO_MATCH] = "nobody has that name",
    [OUTCOME_OFFLINE] =
        "NAME is not signed on, and your client did not ask for the message to be kept",
    [OUTCOME_NOT_STORED] = "NAME is not signed on, and has no messages kept meanwhile",
    [OUTCOME_STORE_FULL] = "NAME is not signed on, and too many messages wait for NAME already",
    [OUTCOME_BLOCKED] = "NAME takes no messages from you",
    [OUTCOME_SENDER_BLOCKS] =
        "your own list blocks NAME; change that, or write to me: UNBLOCK NAME",
    [OUTCOME_REFUSED] = "NAME's side declined it",
    [OUTCOME_BUSY] = "NAME cannot take messages just now; try again in a minute",
    [OUTCOME_CLIENT_CANNOT] = "NAME's phone does not take this kind of message",
    [OUTCOME_LOST] = "NAME's connection broke before it arrived",
    [OUTCOME_AMBIGUOUS] = "the other side knows more than one of that name",
    [OUTCOME_RATE] = "you wrote too much at once; wait half a minute",
    [OUTCOME_SENDER_EVIL] = "you were warned too often; wait some minutes",
    [OUTCOME_RECEIVER_EVIL] = "NAME was warned too often; try again in some minutes",
    [OUTCOME_QUEUE_FULL] = "too many messages wait for NAME; try again in half a minute",
    [OUTCOME_HELD_FULL] =
        "NAME has not said yet whether your messages are welcome, and no more can wait",
    [OUTCOME_STRANGERS_FULL] = "too many others wait for an answer of NAME; try again later",
    [OUTCOME_BAD_REQUEST] = "your client sent it in a form that makes no sense",
    [OUTCOME_NOT_CONVERTED] = "it could not be put into a form that NAME's side reads",
    [OUTCOME_TYPE_REFUSED] = "NAME's side does not take this kind of message",
    [OUTCOME_NOT_SUPPORTED] = "this kind of message is not supported",
    [OUTCOME_DENIED] = "NAME's side does not allow it",
    [OUTCOME_ANONYMOUS] = "NAME takes nothing from somebody without a name",
    [OUTCOME_FAILED] = "NAME's side said no more than that it failed",
    [OUTCOME_AIM_UNAVAILABLE] = "something on NAME's side is out of order",
    [OUTCOME_NO_ANSWER] = "NAME's phone did not answer",
    [OUTCOME_OVERLOAD] = "this service has too much to do; try again in half a minute",
    [OUTCOME_INTERNAL] = "this service has a fault; its operator finds it in the log",
};

static const char *words_of(enum outcome o)
{
    const struct outcome_row *row = outcome_row(o);

    if (words[o])
        return words[o];
    return row->notice ? row->notice : row->text;
}

void why_print(struct buf *out, enum outcome o, struct span name, struct span domain)
{
    outcome_fill(out, words_of(o), name, domain);
}
