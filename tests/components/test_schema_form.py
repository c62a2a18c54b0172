"""Any model as a form: it draws, bounds, validates, and says what is wrong where it is wrong."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, Field, ValidationError

from components.schema_form import problems
from tests import screens

MODEL = '''
from datetime import date
from typing import Literal
from pydantic import BaseModel, Field, SecretStr, field_validator
from components.schema_form import schema_form
from core.storage.blobs import Source

class Part(BaseModel):
    """A part."""
    size: int = Field(default=2, ge=1, le=5)

class Wish(BaseModel):
    """What is wanted."""
    name: str = Field(min_length=2, description="A name")
    key: SecretStr | None = None
    amount: float = Field(default=1.0, ge=0, le=10)
    kind: Literal["small", "large"] = "small"
    urgent: bool = False
    day: date | None = None
    part: Part = Field(default_factory=Part)
    files: list[Source] = Field(default_factory=list)
    more: dict[str, int] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _known(cls, name):
        if name == "nobody":
            raise ValueError("nobody is not a name")
        return name

made = schema_form(Wish, key="wish")
if made:
    st.code(made.model_dump_json())
'''


@pytest.fixture
def form(front):
    screens.show(front)
    return screens.script(MODEL)


def send(at):
    return next(b for b in at.button if b.label == "Run").click().run()


def test_what_was_answered_comes_back_as_the_model(form):
    form.text_input[0].set_value("Ana")
    form.toggle[0].set_value(True)
    form.number_input[1].set_value(4)
    send(form)
    assert not form.exception
    made = form.code[0].value
    assert '"name":"Ana"' in made
    assert '"urgent":true' in made
    assert '"size":4' in made
    assert '"kind":"small"' in made


def test_constraints_bound_the_widgets(form):
    assert (form.number_input[0].min, form.number_input[0].max) == (0, 10)
    assert (form.number_input[1].min, form.number_input[1].max) == (1, 5)
    assert form.text_input[1].proto.type == form.text_input[1].proto.PASSWORD


def test_what_is_wrong_stands_at_its_field_and_the_answers_stay(form):
    form.text_input[0].set_value("nobody")
    send(form)
    assert "nobody is not a name" in screens.text(form)
    assert form.text_input[0].value == "nobody"
    form.text_input[0].set_value("Ana")
    send(form)
    assert form.code[0].value
    assert "nobody is not a name" not in screens.text(form)


@pytest.mark.usefixtures("front")
def test_a_file_becomes_a_stored_source(form):
    form.text_input[0].set_value("Ana")
    form.file_uploader[0].upload("orders.csv", b"a,b\n1,2\n")
    send(form)
    assert '"name":"orders.csv"' in form.code[0].value


def test_json_that_is_none_is_said_at_its_field(form):
    form.text_input[0].set_value("Ana")
    form.text_area[0].set_value("{broken")
    send(form)
    assert "This is not JSON" in screens.text(form)


LINES = '''
from typing import Annotated
from pydantic import BaseModel, Field
from components.schema_form import schema_form

class Letters(BaseModel):
    """Long ones."""
    said: list[Annotated[str, Field(max_length=5_000)]] = Field(min_length=1, max_length=3)

made = schema_form(Letters, key="letters")
if made:
    st.code(made.model_dump_json())
'''


def test_long_texts_are_one_a_line_and_equal_ones_stay(front):
    screens.show(front)
    form = screens.script(LINES)
    send(form)
    assert "This is needed." in screens.text(form)
    form.text_area[0].set_value("alpha\n\n  a longer, one\r\nalpha\n")
    send(form)
    assert form.code[0].value == '{"said":["alpha","a longer, one","alpha"]}'


class Tags(BaseModel):
    """Some."""

    tags: list[int] = Field(max_length=2)


def test_errors_inside_a_list_belong_to_the_list():
    with pytest.raises(ValidationError) as caught:
        Tags.model_validate({"tags": ["x"]})
    assert list(problems(caught.value)) == [("tags",)]
