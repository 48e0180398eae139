#include "tocsin/board_fetch.h"

static enum page take_board(struct session *session,
                            Tocsin__V1__Request *request,
                            const Tocsin__V1__Reply *reply,
                            ProtobufCMessage **whole)
{
    const Tocsin__V1__Board *page;

    if (reply->body_case != TOCSIN__V1__REPLY__BODY_BOARD ||
        reply->board->summary == NULL ||
        reply->board->summary->progress == NULL)
        return PAGE_STRANGE;
    page = reply->board;
    page_append(whole, &page->base);
    if (!page->more)
        return PAGE_LAST;
    if (page->n_nodes == 0)
        return PAGE_STRANGE;
    request->get_board->after =
        pool_text(&session->pool, page->nodes[page->n_nodes - 1]->node);
    return PAGE_MORE;
}

enum outcome board_fetch(struct session *session, const char *alert,
                         Tocsin__V1__Rung up_to, Tocsin__V1__Board **board)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__GetBoard question = TOCSIN__V1__GET_BOARD__INIT;
    ProtobufCMessage *whole = NULL;
    enum outcome outcome;

    request.body_case = TOCSIN__V1__REQUEST__BODY_GET_BOARD;
    request.get_board = &question;
    question.alert = (char *)(uintptr_t)alert;
    question.up_to = up_to;
    outcome = page_all(session, &request, take_board, &whole);
    pool_done(&session->pool); /* a watch must not grow */
    *board = (Tocsin__V1__Board *)whole;
    return outcome;
}
